"""Posts: what the office writes, publishes, changes and deletes."""
