"""The only places that speak to Matrix and to Mastodon servers."""
