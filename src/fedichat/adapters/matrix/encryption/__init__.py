"""End-to-end encryption, on top of nio: does what other clients do, and is patient with what they send."""
