"""One account at a server that speaks the Mastodon API."""
