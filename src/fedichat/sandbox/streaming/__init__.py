"""Streaming: what is sent, and the two ways in which clients may have it (docs: methods/streaming)."""
