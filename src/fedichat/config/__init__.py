"""The configuration: its model, how it is loaded and checked, and what is said about mistakes in it."""
