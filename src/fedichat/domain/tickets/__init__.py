"""Tickets: what citizens ask, and what the office does about it."""
