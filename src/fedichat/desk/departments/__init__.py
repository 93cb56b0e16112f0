"""Departments: they are asked, they talk, they propose."""
