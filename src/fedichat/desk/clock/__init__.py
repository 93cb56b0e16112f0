"""Moments that come: reminders, timers, and what is forgotten in time."""
