"""What differs between databases, named once."""
