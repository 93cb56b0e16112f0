"""Our user on one Matrix homeserver."""
