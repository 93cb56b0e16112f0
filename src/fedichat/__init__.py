"""fedichat: a communications office answers its Mastodon mentions from its Matrix rooms."""
