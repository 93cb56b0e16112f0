"""Text: HTML in and out, Markdown, the message catalogues, and what a terminal may be shown."""
