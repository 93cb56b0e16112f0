"""What is in the repository is what gets installed, and what it imports is what it declares."""

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PYPROJECT["tool"]["setuptools"]["packages"]
ROOTS: dict[str, str] = PYPROJECT["tool"]["setuptools"]["package-dir"]
DATA: dict[str, list[str]] = PYPROJECT["tool"]["setuptools"]["package-data"]
# Made by tools and editors, never shipped.
PASSING = {"__pycache__", ".mypy_cache"}


def folder_of(package: str) -> Path:
    root = max((root for root in ROOTS if package == root or package.startswith(f"{root}.")), key=len)
    return ROOT.joinpath(ROOTS[root], *package.removeprefix(root).strip(".").split("."))


def package_of(folder: Path) -> str:
    for package, root in ROOTS.items():
        if folder.is_relative_to(ROOT / root):
            return ".".join((package, *folder.relative_to(ROOT / root).parts))
    raise AssertionError(folder)


def shipped_files() -> Iterator[Path]:
    for root in ROOTS.values():
        for path in sorted((ROOT / root).rglob("*")):
            if path.is_file() and not PASSING.intersection(path.parts):
                yield path


def covered(path: Path) -> bool:
    """Whether a data file is matched by the pattern of a package at or above it, as setuptools reads them."""
    return any(
        path.is_relative_to(folder_of(package))
        and any(
            len(Path(pattern).parts) == len(path.relative_to(folder_of(package)).parts)
            and fnmatch(path.relative_to(folder_of(package)).as_posix(), pattern)
            for pattern in patterns
        )
        for package, patterns in DATA.items()
    )


def test_every_folder_with_python_in_it_is_a_listed_package() -> None:
    found = {package_of(path.parent) for path in shipped_files() if path.suffix == ".py"}
    assert found == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_has_an_init(package: str) -> None:
    assert (folder_of(package) / "__init__.py").is_file()


def test_every_other_file_is_shipped_as_package_data() -> None:
    forgotten = [path for path in shipped_files() if path.suffix != ".py" and not covered(path)]
    assert forgotten == []


def test_each_language_has_its_catalogue_compiled() -> None:
    sources = [path for path in shipped_files() if path.suffix == ".po"]
    assert [path for path in sources if not path.with_suffix(".mo").is_file()] == []


def test_the_installed_version_is_the_one_of_the_project() -> None:
    assert version("fedichat") == PYPROJECT["project"]["version"]


def normal(name: str) -> str:
    """A distribution's name in the one spelling that counts (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    return {normal(re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]) for requirement in requirements}


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_every_library_that_is_imported_is_declared() -> None:
    """One that is only there because another one needs it today may be gone tomorrow."""
    known = declared(PYPROJECT["project"]["dependencies"])
    distributions = packages_distributions()
    undeclared = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in shipped_files()
        if path.suffix == ".py"
        for name in imported_names(path)
        if (top := name.partition(".")[0]) not in sys.stdlib_module_names | {"fedichat", "commands"}
        and not known.intersection(map(normal, distributions.get(top, [])))
        and not known.intersection(map(normal, distributions.get(name, [])))
        and normal(name) not in known  # a library in a namespace package: ruamel.yaml
    }
    assert undeclared == set()


LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def pins(lock: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {normal(name): pinned for name, pinned in found}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_address_and_hashes_everything(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*-(?!-hash)", re.sub(r"#.*", "", text), flags=re.MULTILINE)
    entries = re.split(r"^(?=\S+==)", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)
    assert [entry.split()[0] for entry in entries if entry.strip() and "--hash=sha256:" not in entry] == []


def test_the_lock_of_the_second_client_names_no_address_and_hashes_everything() -> None:
    text = (ROOT / "tests" / "second_client" / "package-lock.json").read_text(encoding="utf-8")
    packages: dict[str, dict[str, str]] = json.loads(text)["packages"]
    unhashed = [name for name, package in packages.items() if "integrity" not in package]
    assert unhashed == [""]  # the project itself
    assert [name for name, package in packages.items() if "resolved" in package] == []


def test_the_locks_agree_and_hold_what_the_project_asks_for() -> None:
    runtime, demo, dev = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("runtime", "demo", "dev"))
    assert runtime.items() <= demo.items() <= dev.items()
    extras: dict[str, list[str]] = PYPROJECT["project"]["optional-dependencies"]
    assert declared(PYPROJECT["project"]["dependencies"]) <= runtime.keys()
    assert declared(extras["demo"]) <= demo.keys()
    assert declared(PYPROJECT["dependency-groups"]["dev"]) <= dev.keys()


def test_the_build_tool_is_the_one_that_is_hashed() -> None:
    """With build isolation, pip would fetch what pyproject.toml names, unhashed: then it is at least this version."""
    build = pins(ROOT / "requirements" / "build.txt")
    assert PYPROJECT["build-system"]["requires"] == [f"{name}=={pinned}" for name, pinned in build.items()]
    assert build.items() <= pins(ROOT / "requirements" / "runtime.txt").items()


INSTALLING = [
    ROOT / "README.md",
    ROOT / "docs" / "operating.md",
    ROOT / ".ci" / "run",
    ROOT / "scripts" / "setup_venv.py",
]


@pytest.mark.parametrize("file", INSTALLING, ids=lambda file: file.name)
def test_nothing_is_built_with_a_tool_that_pip_fetches_unhashed(file: Path) -> None:
    """Some libraries come as source only: pip would fetch a build tool for them, too."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    commands = [
        line
        for line in text.splitlines()
        if re.search(r"\bpip\b.* (install|wheel)\b|\buv build\b|\.pip\(\"install|uv_install\(\"|how = \[", line)
    ]
    assert commands
    safe = (
        "--no-build-isolation",
        "--no-index",
        "--only-binary",
        "*local",
        "requirements/build.txt",
        "pip install 'fedichat[demo]'",
    )
    assert [line for line in commands if not any(word in line for word in safe)] == []
