"""End-to-end encryption beside nio: what other clients do, and patience with what they send."""
