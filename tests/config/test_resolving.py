"""Values from the environment and from files, and secrets that are never shown."""

import json
import logging
import traceback
from pathlib import Path

import pytest

from fedichat.config.loading import config_from, load_config
from fedichat.errors import ConfigError
from tests.config.trees import (
    EXAMPLE,
    ROOT,
    SECRETS,
    SLIP,
    Tree,
    account,
    good,
    matrix,
    problems,
    tree,
    written,
)


def test_the_environment_fills_in_anywhere() -> None:
    config = good(
        matrix(homeserver="https://${HOST}:8448", password="a$${b}${PW}$c"),
        environ={"HOST": "m.example.org", "PW": "geheim"},
    )
    assert config.matrix.homeserver == "https://m.example.org:8448"
    assert config.matrix.password is not None
    assert config.matrix.password.get_secret_value() == "a${b}geheim$c"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("${NOT_THERE}", "the environment variable NOT_THERE is not set"),
        (
            "${not closed",
            "contains “${” without the name of a variable; write ${NAME}, or $${ for a plain “${”",
        ),
        ("${A:-b}", "contains “${” without the name of a variable; write ${NAME}, or $${ for a plain “${”"),
    ],
)
def test_what_the_environment_lacks_is_told_once_with_its_key(value: str, message: str) -> None:
    assert problems(account(instance=value)) == [f"accounts.bsi.instance: {message}"]
    assert problems(matrix(password=value)) == [f"matrix.password: {message}"]


def test_an_empty_variable_is_an_empty_secret() -> None:
    assert problems(matrix(password="${PW}"), environ={"PW": ""}) == ["matrix.password: is empty"]


def test_who_needs_no_secrets_need_not_have_them(tmp_path: Path) -> None:
    config = account(access_token="${NOT_THERE}") | {"database": "${ALSO_NOT_THERE}"}
    config["matrix"] = matrix(password=None, password_file="/nowhere")["matrix"]
    file = written(tmp_path, json.dumps(config))
    with pytest.raises(ConfigError) as refused:
        load_config(file, {}, with_secrets=False)
    assert list(map(str, refused.value.problems)) == ["database: the environment variable ALSO_NOT_THERE is not set"]
    loaded = load_config(file, {"ALSO_NOT_THERE": "desk.db"}, with_secrets=False)
    assert {secret.get_secret_value() for secret in loaded.secrets()} == {"not read"}
    assert loaded.database == tmp_path / "desk.db"


def test_secrets_may_stand_in_files_of_their_own(tmp_path: Path) -> None:
    for name in ("pw", "token"):
        (tmp_path / name).write_text(f"geheim-{name}\n")
        (tmp_path / name).chmod(0o600)
    config_tree = matrix(password=None, password_file="pw")
    config_tree["accounts"] = account(access_token=None, access_token_file=str(tmp_path / "token"))["accounts"]
    config = good(config_tree, tmp_path)
    assert [secret.get_secret_value() for secret in config.secrets()] == ["geheim-pw", "geheim-token"]
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nowhere", "matrix.password_file: {folder}/nowhere cannot be read: no such file or directory"),
        (".", "matrix.password_file: {folder} cannot be read: is a directory"),
        ("empty", "matrix.password_file: {folder}/empty is empty"),
        ("binary", "matrix.password_file: {folder}/binary is not a text file"),
        (7, "matrix.password_file: must be the path of a file"),
        ("${NOT_THERE}", "matrix.password_file: the environment variable NOT_THERE is not set"),
    ],
)
def test_a_secret_s_file_that_cannot_be_used_is_told(given: object, message: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff")
    config = matrix(password=None, password_file=given)
    assert problems(config, tmp_path) == [message.format(folder=tmp_path)]


def test_a_secret_given_twice_is_told(tmp_path: Path) -> None:
    assert problems(matrix(password_file="pw"), tmp_path) == [
        "matrix.password_file: cannot be used together with password; keep one of them"
    ]


def test_files_with_secrets_that_others_can_read_are_warned_of(tmp_path: Path) -> None:
    secret = tmp_path / "pw"
    secret.write_text("geheim99")
    secret.chmod(0o644)
    config = good(matrix(password=None, password_file="pw"), tmp_path)
    assert [str(warning) for warning in config.warnings] == [
        f"matrix.password_file: {secret} can be read by others: chmod 600 {secret}"
    ]


def test_a_configuration_with_plain_secrets_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("${FEDICHAT_MATRIX_PASSWORD}", "geheim99")
    file = written(tmp_path, text)
    assert load_config(file, SECRETS).warnings == ()
    file.chmod(0o644)
    assert [str(warning) for warning in load_config(file, SECRETS).warnings] == [
        f"{file} contains secrets and can be read by others: chmod 600 {file}"
    ]


def test_no_secret_is_in_any_text_that_a_good_configuration_makes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        config = load_config(EXAMPLE, SECRETS)
        logging.getLogger("fedichat").debug("config %s %r", config, config)
    for text in (repr(config), str(config), str(config.matrix), repr(config.secrets()), caplog.text):
        assert not any(secret in text for secret in SECRETS.values())


@pytest.mark.parametrize(
    "config",
    [
        matrix(password={"oops": "geheim99"}),
        matrix(password=["geheim99"]),
        matrix(pasword="geheim99"),
        matrix(password="geheim99\x00"),
        tree(matrix="geheim99"),
        account(access_token="geheim99\n\n", instance=7),
        account(instance="${LEAK}"),
        account(instance="https://me:geheim99@social.example.org"),
        tree(language="${LEAK}", timezone="${LEAK}", users={"@a:b.org": {"deny": ["${LEAK} !"]}}),
        matrix(user="geheim99", password="geheim99"),
    ],
)
def test_no_secret_is_in_an_error(config: Tree) -> None:
    with pytest.raises(ConfigError) as refused:
        config_from(config, ROOT, {"LEAK": SLIP})
    # what a log would show, the error's cause and context included
    shown = "".join(traceback.format_exception(refused.value))
    assert SLIP not in shown
    assert SLIP not in repr(refused.value.problems)
