"""Delivery: the loop that takes effects out of the outbox, and how each is carried out."""
