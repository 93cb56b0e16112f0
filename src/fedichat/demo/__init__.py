"""`fedichat demo`: a real Matrix server, the sandbox and the bot, to try everything out."""
