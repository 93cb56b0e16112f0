"""Who may import whom, and what the domain may not do."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import pytest

from fedichat.chat.loading import load_commands
from fedichat.domain.names import folded

ROOT = Path(__file__).resolve().parent.parent
FEDICHAT = ROOT / "src" / "fedichat"
COMMANDS = ROOT / "commands"
MODULES = sorted([*FEDICHAT.rglob("*.py"), *COMMANDS.rglob("*.py")])
DOMAIN = sorted((FEDICHAT / "domain").rglob("*.py"))

# A decision is made of the standard library without its clocks and wires, and of libraries that count days.
DATE_LIBRARIES = {"dateparser", "dateutil", "holidays", "tzdata", "zoneinfo"}
WORLDLY = {
    "aiohttp", "asyncio", "concurrent", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random",
    "requests", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile",
    "threading", "time", "urllib",
}  # fmt: skip
URL_PARSING = "urllib.parse"
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "time_ns"}


def place(path: Path) -> str:
    return str(path.relative_to(ROOT))


def name_of(path: Path) -> str:
    """The name under which a module is imported."""
    parts = path.relative_to(FEDICHAT.parent if path.is_relative_to(FEDICHAT) else ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """The full names that a module imports, relative ones resolved, each imported name appended."""
    base = path.relative_to(FEDICHAT.parent if path.is_relative_to(FEDICHAT) else ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # __init__.py stands inside its package: `from .` in it goes up one part, as in any other module.
            origin = [*base[: len(base) - node.level]] if node.level else []
            module = ".".join([*origin, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def circles(graph: Mapping[str, set[str]]) -> list[set[str]]:
    """The groups of modules that import each other, directly or by way of others."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            new = graph.get(waiting.pop(), set()) - found
            found |= new
            waiting.extend(new)
        return found

    reach = {module: reached(module) for module in graph}
    groups = {frozenset(it for it in reach[module] if module in reach.get(it, ())) for module in graph}
    return sorted((set(group) for group in groups if group), key=sorted)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports inside functions and for type checkers count as well: they hide a circle, they do not open it."""
    modules = {name_of(path): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        # What is imported is the module itself, or something in it.
        named = {name if name in modules else name.rpartition(".")[0] for name in imports(path)}
        graph[module] = named & modules.keys()
    assert circles(graph) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [{"b", "c"}, {"d"}]


def test_the_import_rules_of_pyproject_hold() -> None:
    """In a process of its own: it sets up logging, and looks into every module that is loaded beside it."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("library", "only_in"),
    [
        ("nio", "adapters/matrix"),
        ("mastodon", "adapters/mastodon"),
        ("icalendar", "adapters"),
        ("nh3", "text/html.py"),
        ("markdown", "text/html.py"),
        ("matplotlib", "render/chart.py"),
    ],
)
def test_a_library_stays_where_its_quirks_are_mended(library: str, only_in: str) -> None:
    elsewhere = [
        place(path)
        for path in MODULES
        if not path.is_relative_to(FEDICHAT / only_in)
        and any(name.partition(".")[0] == library for name in imports(path))
    ]
    assert elsewhere == []


def test_the_html_module_serves_adapters_and_render_only() -> None:
    strangers = [
        place(path)
        for path in MODULES
        if not {FEDICHAT / "adapters", FEDICHAT / "render", FEDICHAT / "text"} & set(path.parents)
        and any(f"{name}.".startswith("fedichat.text.html.") for name in imports(path))
    ]
    assert strangers == []


def test_no_code_imports_a_command_by_name() -> None:
    """`load_commands()` finds them, so that a command is added by adding a file."""
    named = {
        f"{place(path)}: {name}"
        for path in MODULES
        if not path.is_relative_to(COMMANDS)
        for name in imports(path)
        if f"{name}.".startswith(("fedichat.commands.", "commands.")) and name.removeprefix("fedichat.") != "commands"
    }
    assert named == set()


COMMANDS_IN_USE = load_commands(import_module("fedichat.commands"))
COMMAND_NAMES = {folded(name) for command in COMMANDS_IN_USE.values() for name in command.all_names()}
NO_COMMANDS = {
    ("chat/plans.py", "label"): "the option `--label` of what is planned",
    ("desk/duty/roster.py", "person"): "a field of what is said about an absence",
}
"""Words that are the name of a command, too, and why they do not mean it."""


def named_commands(path: Path) -> Iterator[tuple[str, str]]:
    """Where a module has the name of a command as a value, or looks one up among the commands.

    What is declared or said in rooms does not count: `Option("label", …)`, `mark("answer")`. Nor do the lines that a
    room is shown, as in `{prefix}claim`, or that a tap on a question stands for as if they had been typed.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Option", "Choice", "mark", "t"}
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in said:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and folded(node.value) in COMMAND_NAMES:
            yield f"line {node.lineno}", node.value
        is_lookup = isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("commands")
        if isinstance(node, ast.Attribute) and is_lookup and folded(node.attr) in COMMAND_NAMES:
            yield f"line {node.lineno}", node.attr


@pytest.mark.parametrize(
    "path",
    [
        FEDICHAT / "app.py",
        *(path for room in ("chat", "desk", "render", "workers") for path in (FEDICHAT / room).rglob("*.py")),
    ],
    ids=place,
)
def test_no_code_knows_a_command_by_its_name(path: Path) -> None:
    """Whatever is special about a command is in its declaration, so that an office's own command can have it, too."""
    inside = str(path.relative_to(FEDICHAT))
    assert [(line, word) for line, word in named_commands(path) if (inside, word) not in NO_COMMANDS] == []


def test_each_word_that_is_excused_as_no_command_is_still_there() -> None:
    there = {(inside, word) for inside, _ in NO_COMMANDS for _, word in named_commands(FEDICHAT / inside)}
    assert there == NO_COMMANDS.keys()


def test_commands_do_not_import_each_other() -> None:
    neighbours = {
        f"{place(path)}: {name}"
        for path in MODULES
        if path.is_relative_to(COMMANDS)
        for name in imports(path)
        if f"{name}.".startswith(("fedichat.commands.", "commands."))
        # what several commands share stands in a module with an underscore, which is no command
        and not name.removeprefix("fedichat.").removeprefix("commands.").startswith("_")
    }
    assert neighbours == set()


@pytest.mark.parametrize("path", DOMAIN, ids=place)
def test_the_domain_imports_only_itself_and_what_is_pure(path: Path) -> None:
    allowed = (sys.stdlib_module_names - WORLDLY) | DATE_LIBRARIES
    foreign = {
        name
        for name in imports(path)
        if not f"{name}.".startswith(("fedichat.domain.", "fedichat.errors.", f"{URL_PARSING}."))
        and name.partition(".")[0] not in allowed
    }
    assert foreign == set()


@pytest.mark.parametrize("path", DOMAIN, ids=place)
def test_the_domain_asks_no_clock_and_never_waits(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    asked = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        # a method of the same name, `moment.time()`, is fine: clocks are asked on a class or a module
        and ast.unparse(node.func.value).rpartition(".")[2] in {"datetime", "date", "time", "dt"}
    ]
    waits = [
        f"line {node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)
    ]
    assert asked + waits == []


@pytest.mark.parametrize(
    "path", sorted([*(FEDICHAT / "desk").rglob("*.py"), *(FEDICHAT / "workers").rglob("*.py")]), ids=place
)
def test_the_desk_and_the_workers_know_messages_and_no_language(path: Path) -> None:
    """What is kept is read in rooms of several languages: `render` words it, for one room at a time."""
    assert "fedichat.text.i18n.language" not in set(imports(path))


@pytest.mark.parametrize("path", sorted((FEDICHAT / "store").rglob("*.py")), ids=place)
def test_what_differs_between_databases_is_named_in_the_engines_alone(path: Path) -> None:
    if FEDICHAT / "store" / "engines" not in path.parents:
        drivers = [name for name in imports(path) if name.startswith(("sqlite3", "aiosqlite", "sqlalchemy.dialects"))]
        in_sql = [
            f"line {node.lineno}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and node.attr == "exec_driver_sql"
        ]
        assert drivers + in_sql == []


def test_only_the_voice_speaks_in_rooms() -> None:
    """It cuts what an event cannot hold, and shows nothing in a room that is open to strangers."""
    far_ends = {FEDICHAT / "adapters", FEDICHAT / "demo", FEDICHAT / "sandbox"}
    past_it = [
        f"{place(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in MODULES
        if path != FEDICHAT / "workers" / "delivery" / "voice.py" and not far_ends & set(path.parents)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"send", "send_file"}
        and not ast.unparse(node.value).endswith("voice")
    ]
    assert past_it == []
