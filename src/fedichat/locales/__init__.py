"""The gettext catalogues, one folder a language."""
