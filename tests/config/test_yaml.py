"""The file: what is wrong with it as YAML, in plain words."""

from datetime import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from fedichat.config.loading import load_config
from fedichat.errors import ConfigError
from tests.config.trees import good, tree, written


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / "fedichat.yaml", {})
    assert str(refused.value) == (
        f"there is no file {tmp_path}/fedichat.yaml; copy config.example.yaml there, or name your file with --config"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the configuration is empty; config.example.yaml shows what belongs in it"),
        (
            "- a\n- b\n",
            ("the configuration does not consist of keys and values; config.example.yaml shows what belongs in it"),
        ),
        (
            "matrix:\n  user: @bot:example.org\n",
            (
                "line 2, column 9: a value that begins with this sign must be in quotation marks, "
                'such as user: "@name:example.org"'
            ),
        ),
        (
            "a:\n\tb: 1\n",
            "line 2, column 1: there is a tab where spaces are needed; YAML is indented with spaces only",
        ),
        (
            "matrix: {password: ${PW}}\n",
            (
                "line 1, column 21: inside { } and [ ] commas separate the values, "
                "and a value such as ${NAME} must be in quotation marks"
            ),
        ),
        (
            "a: b: c\n",
            (
                "line 1, column 5: one colon too many: a value that contains one needs quotation marks, "
                "and keys of a group are indented alike"
            ),
        ),
        ("a: 'geheim\nb: 1\n", "line 1, column 4: a quotation mark is opened here and never closed"),
        ("a: [1, 2\n", "line 1, column 4: a bracket is opened here and never closed"),
        ("a: !room:x\n", "line 1, column 4: a value that begins with ! must be in quotation marks"),
        ("a: *geheim\n", "line 1, column 4: a value that begins with * must be in quotation marks"),
        (
            'a: "\\q"\n',
            "line 1, column 6: a backslash has a special meaning in double quotation marks; use single ones",
        ),
        (
            "a: 1\n---\nb: 2\n",
            "line 2, column 1: there must be only one document in the file; remove the line “---”",
        ),
        ("a: 1\nb: \x07\n", "line 2: there is a control character here; YAML allows none"),
    ],
)
def test_what_is_not_yaml_is_said_in_plain_words(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, text), {})
    assert [str(problem) for problem in refused.value.problems] == [message]


def test_keys_that_stand_twice_are_told_with_all_else(tmp_path: Path) -> None:
    text = "language: de\nmatrix:\n  password: geheim1\n  password: geheim2\nlanguage: fr\n"
    with pytest.raises(ConfigError) as refused:
        load_config(written(tmp_path, text), {})
    lines = str(refused.value).splitlines()
    assert "matrix.password: appears twice, in lines 3 and 4; keep one of them" in lines
    assert "language: appears twice, in lines 1 and 5; keep one of them" in lines
    assert any(line.startswith("matrix.homeserver: is missing") for line in lines)
    assert "geheim" not in str(refused.value)


def test_a_file_that_is_no_text_is_said_to_be_none(tmp_path: Path) -> None:
    file = written(tmp_path, "")
    file.write_bytes(b"a: \xff\xfe\n")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(file, {})


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: " + "[" * 50 + "]" * 50 + "\n"])
def test_endless_nesting_ends(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nested too deeply"):
        load_config(written(tmp_path, text), {})


def test_times_and_words_stay_text_as_yaml_1_2_has_them(tmp_path: Path) -> None:
    text = (
        'supervisors: {room: "#b:b.org"}\ndigest: {at: 22:00, weekly: never}\n'
        'departments: {no: {room: "#no:b.org", name: Norge, keywords: [yes, off]}}\n'
    )
    file = written(tmp_path, text)
    yaml = YAML(typ="safe", pure=True)
    config = good(tree(**yaml.load(file.read_text(encoding="utf-8"))))
    assert config.digest is not None
    assert (config.digest.at, config.digest.weekly) == (time(22), None)
    assert config.departments["no"].keywords == ("yes", "off")
