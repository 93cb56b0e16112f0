"""What people read in a room: plain text and Matrix HTML."""
