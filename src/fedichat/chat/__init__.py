"""What people type in a room, turned into calls of commands."""
