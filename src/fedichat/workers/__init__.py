"""What runs all the time: reading mentions, carrying out effects."""
