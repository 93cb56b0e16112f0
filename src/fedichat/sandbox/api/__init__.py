"""The routes of the Mastodon API, one file for each group of methods in its documentation."""
