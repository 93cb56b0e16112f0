"""Configurations to try: the smallest good one, changed here and there."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fedichat.config.loading import config_from
from fedichat.config.model import Config
from fedichat.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config.example.yaml"
SECRETS = {"FEDICHAT_MATRIX_PASSWORD": "Sehr/geheim 1!", "FEDICHAT_BSI_TOKEN": "t0ken-of-bsi"}
QUOTED = "in quotation marks"
SLIP = "geheim99"
BOSS = {"room": "#boss:example.org"}

Tree = dict[str, Any]


def tree(**changes: object) -> Tree:
    """The smallest good configuration, with top-level keys changed (None takes one away)."""
    smallest: Tree = {
        "matrix": {
            "homeserver": "https://matrix.example.org",
            "user": "@fedichat:example.org",
            "password": "Sehr/geheim 1!",
        },
        "accounts": {
            "bsi": {
                "instance": "https://social.example.org",
                "access_token": "t0ken-of-bsi",
                "rooms": {"team": "#social:example.org"},
            }
        },
    }
    return {key: value for key, value in (smallest | changes).items() if value is not None}


def matrix(**changes: object) -> Tree:
    changed = tree()["matrix"] | changes
    return tree(matrix={key: value for key, value in changed.items() if value is not None})


def account(**changes: object) -> Tree:
    changed = tree()["accounts"]["bsi"] | changes
    return tree(accounts={"bsi": {key: value for key, value in changed.items() if value is not None}})


def problems(config: Tree, folder: Path = ROOT, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        config_from(config, folder, environ or {})
    return [str(problem) for problem in refused.value.problems]


def good(config: Tree, folder: Path = ROOT, environ: Mapping[str, str] | None = None) -> Config:
    return config_from(config, folder, environ or {})


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "fedichat.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file
