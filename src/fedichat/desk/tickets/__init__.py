"""Tickets: how they begin, what is done with them, and how they are listed."""
