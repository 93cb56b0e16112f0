"""The chat commands, one a file. Each exports one COMMAND; a file whose name begins with `_` is shared by others."""
