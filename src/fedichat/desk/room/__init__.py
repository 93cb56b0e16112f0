"""What concerns rooms themselves: what is shown and said there, and what was heard."""
