"""Makes a virtual environment, and installs the locked requirements and fedichat into it.

Called by the Makefile as `python3 -m scripts.setup_venv runtime|demo|dev`: that fills .venv, where fedichat is
editable, and stamps `.venv/.ready-*` to say what is installed. `.ci/run` uses `--into FOLDER --wheel FILE`.

It needs nothing but Python, with or without pip, and parses on an old one, so that it can say that it is too old. uv
does the work: it fetches in parallel and keeps what it fetched. uv itself is fetched by pip; everything is hashed.
"""

import argparse
import ast
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.progress import openly, quietly, say

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
# Each set holds the ones before it.
SETS = ("runtime", "demo", "dev")
# Loading is what compiles: an environment without bytecode needs eight seconds to start the bot. To compile all of the
# 6,400 files that are installed takes three times as long as to compile what is loaded.
BOT = "import fedichat.app, fedichat.cli.main, fedichat.cli.run, dateparser, holidays, icalendar, mastodon"
LOADED = {
    "runtime": [BOT],
    "demo": [BOT + ", fedichat.demo.play", "import synapse.app.homeserver"],
    "dev": [BOT + ", fedichat.demo.play", "import synapse.app.homeserver"],
}

# pip's settings, and the variables in which uv wants the same.
VARIABLES_OF_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
}
UNREACHABLE = "\nsetup: is there a network? Packages come from where pip is told to look: python3 -m pip config list"


def main() -> None:
    """Sets up what is asked for on the command line."""
    if sys.version_info < OLDEST:
        sys.exit(
            "fedichat needs Python {}.{} or newer; {} is {}.{}.\nName a newer one: make PYTHON=python3.12 …".format(
                *OLDEST, sys.executable, *sys.version_info[:2]
            )
        )
    asked = arguments()
    started = time.monotonic()
    venv = Venv(asked.into.absolute())
    venv.make()
    venv.read_settings_of_pip()
    venv.get_uv()
    # First what builds: a library that comes as source is built with it, and nothing unhashed is fetched for that.
    venv.install_locked("build")
    venv.install_locked(asked.set)
    venv.install_fedichat(asked.wheel)
    venv.compile(asked.set)
    if asked.wheel is None:
        for name in SETS[: SETS.index(asked.set) + 1]:
            (venv.folder / ".ready-{}".format(name)).touch()
    say("ready after {:.0f} s".format(time.monotonic() - started))


def arguments() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("set", choices=SETS, help="which requirements; each set holds the ones before it")
    parser.add_argument("--into", type=Path, default=ROOT / ".venv", help="the folder of the environment")
    parser.add_argument("--wheel", type=Path, help="install fedichat from this wheel instead of editable")
    return parser.parse_args()


class Venv:
    """A virtual environment, and what is done to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.uv = folder / "bin" / "uv"
        self.environment = environment()

    def make(self) -> None:
        """Makes the environment, or keeps the one that works and is new enough."""
        probe = "import sys; sys.exit(sys.version_info < {})".format(OLDEST)
        if self.python.exists() and self.output(str(self.python), "-c", probe) is not None:
            return
        # Its own pip would take seconds to unpack, and is needed only where this Python has none.
        without = ["--without-pip"] if importlib.util.find_spec("pip") else []
        command = [sys.executable, "-m", "venv", "--clear", *without, str(self.folder)]
        failed = quietly("making {} with Python {}".format(self.folder.name, version()), [command], self.environment)
        if failed is not None:
            sys.exit(
                "{}\nsetup: {} could not be made. Debian and Ubuntu keep that part of Python in a package"
                " of its own: apt-get install python3-venv".format(failed, self.folder)
            )

    def read_settings_of_pip(self) -> None:
        """Has uv reach the package index as pip does on this machine: uv does not read pip's configuration."""
        listed = self.output(*self.pip("config", "list")) or ""
        found: dict[str, str] = {}
        # What comes later counts more: a file's settings for all of pip, those for installing, the variables.
        for section in ("global", "install", ":env:"):
            pairs = re.findall(r"^{}\.([\w-]+)=(.*)$".format(re.escape(section)), listed, flags=re.MULTILINE)
            found.update((name, " ".join(str(ast.literal_eval(value)).split())) for name, value in pairs)
        for name, variable in VARIABLES_OF_UV.items():
            if found.get(name):
                value = found[name].replace(" ", ",") if name == "find-links" else found[name]
                self.environment.setdefault(variable, value)

    def get_uv(self) -> None:
        """Gets uv by way of pip, unless the locked one is there: from what was kept, or from the package index."""
        lock = LOCKS / "uv.txt"
        locked = re.findall(r"^uv==(\S+)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[0]
        if (self.output(str(self.uv), "--version") or "").split()[1:2] == [locked]:
            return
        kept = cache_folder()
        how = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary", ":all:"]
        how += ["--require-hashes", "--requirement", str(lock)]
        # Force: of an installation that was broken off, pip would say that it is there.
        install = self.pip(
            "install", "--no-index", "--find-links", str(kept), "--no-compile", "--force-reinstall", *how
        )
        doing = "installing uv {}".format(locked)
        if list(kept.glob("uv-*.whl")) and quietly(doing, [install], self.environment) is None:
            return
        for unfit in kept.glob("uv-*.whl"):
            unfit.unlink()
        self.do("fetching uv {}".format(locked), self.pip("download", "--dest", str(kept), *how), UNREACHABLE)
        self.do(doing, install)

    def pip(self, *arguments: str) -> "list[str]":
        """A command line of the pip in the environment, or else of the one beside this Python."""
        own = [str(self.python), "-m", "pip"]
        others = [sys.executable, "-m", "pip", "--python", str(self.python)]
        return [*(own if list(self.folder.glob("lib/python*/site-packages/pip")) else others), *arguments]

    def install_locked(self, name: str) -> None:
        """Installs a lock file: from what uv has kept if that is enough, otherwise from the package index."""
        lock = LOCKS / "{}.txt".format(name)
        total = len(re.findall(r"^\S+==", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))
        doing = "installing {} package{} of requirements/{}".format(total, "s" * (total > 1), lock.name)
        # The lock is complete, so nothing is resolved. As pip does, take the version from whichever index has it.
        how = ["--require-hashes", "--no-deps", "--no-build-isolation", "--index-strategy", "unsafe-best-match"]
        command = self.uv_install(*how, "--requirement", str(lock))
        if quietly(doing, [[*command, "--offline"]], self.environment) is None:
            return
        if openly("fetching what is not here yet", command, self.environment) != 0:
            sys.exit("setup: that failed: {}{}".format(doing, UNREACHABLE))

    def install_fedichat(self, wheel: "Path | None") -> None:
        """Installs fedichat itself, editable or from a wheel."""
        what = ["--editable", str(ROOT)] if wheel is None else ["--reinstall-package", "fedichat", str(wheel)]
        self.do("installing fedichat", self.uv_install("--offline", "--no-deps", "--no-build-isolation", *what))

    def uv_install(self, *arguments: str) -> "list[str]":
        """A command line of uv that installs into the environment."""
        return [str(self.uv), "pip", "install", "--python", str(self.python), *arguments]

    def compile(self, wanted: str) -> None:
        """Makes bytecode: of what is loaded at a start, and, where the bot itself runs from here, of everything."""
        commands = [[str(self.python), "-c", code] for code in LOADED[wanted]]
        if wanted == "runtime":
            folders = [
                *map(str, self.folder.glob("lib/python*/site-packages")),
                str(ROOT / "src"),
                str(ROOT / "commands"),
            ]
            commands = [[str(self.python), "-m", "compileall", "-qq", "-j", "0", *folders]]
        # What cannot be compiled now would only be slower to start.
        quietly("compiling", commands, self.environment)

    def do(self, doing: str, command: "list[str]", hint: str = "") -> None:
        """Runs a command; ends the program with its words, and the hint, if it fails."""
        failed = quietly(doing, [command], self.environment)
        if failed is not None:
            sys.exit("{}\nsetup: that failed: {}{}".format(failed.rstrip(), doing, hint))

    def output(self, *command: str) -> "str | None":
        """What a short command prints; None if it fails or does not exist."""
        try:
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None


def version() -> str:
    """The version of this Python."""
    return sys.version.split()[0]


def cache_folder() -> Path:
    """Where uv's wheel is kept, so that the next environment needs no network; made if it is missing."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fedichat"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="fedichat-"))
    return folder if os.access(str(folder), os.W_OK) else Path(tempfile.mkdtemp(prefix="fedichat-"))


def environment() -> "dict[str, str]":
    """Our environment for commands, where nothing keeps them from writing bytecode or points them elsewhere."""
    ours = dict(os.environ, PYTHONUNBUFFERED="1")
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV", "UV_SYSTEM_PYTHON"):
        ours.pop(name, None)
    return ours


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nsetup: stopped; the next run goes on from here")
