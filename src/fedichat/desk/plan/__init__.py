"""The editorial plan: posts with a time, and what a crisis does to them."""
