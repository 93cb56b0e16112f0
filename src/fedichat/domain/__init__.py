"""What an office decides about mentions: tickets, posts and what follows from them. No clock, no I/O."""
