"""The tests that make up their own stories: a short form in every run, a long one in `make drill`."""

import os

import pytest

drill = pytest.mark.drill
"""Such a test; they are the longest ones, and begin first."""

IS_LONG = "DRILL" in os.environ


def times(short: int, long: int) -> int:
    """How often, or how much of it. The short form still meets everything that the test names."""
    return long if IS_LONG else short
