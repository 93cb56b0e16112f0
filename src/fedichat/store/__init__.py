"""All SQL: tickets, posts, the outbox and what has been seen."""
