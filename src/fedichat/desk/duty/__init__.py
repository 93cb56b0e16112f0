"""Who is on duty, and how the duty is handed over."""
