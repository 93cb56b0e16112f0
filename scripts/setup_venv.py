"""Makes .venv and installs the locked requirements and fedichat itself (editable) into it.

Called by the Makefile as `python3 scripts/setup_venv.py runtime|demo|dev`; leaves `.venv/.ready-*` behind as
the stamp of what is installed. Needs nothing but Python, and parses on an old one, so that it can say that
it is too old.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# Each set holds the ones before it.
SETS = ("runtime", "demo", "dev")


def main() -> None:
    """Sets up the set of requirements that is named on the command line."""
    if len(sys.argv) != 2 or sys.argv[1] not in SETS:
        sys.exit("usage: setup_venv.py " + "|".join(SETS))
    wanted = sys.argv[1]
    if sys.version_info < OLDEST:
        sys.exit(
            "fedichat needs Python {}.{} or newer; {} is {}.{}.\nName a newer one: make PYTHON=python3.12 …".format(
                *OLDEST, sys.executable, *sys.version_info[:2]
            )
        )
    started = time.monotonic()
    make_venv()
    # First what builds: whatever comes as source is built with it, and nothing that is not hashed is fetched for that.
    install_locked(ROOT / "requirements" / "build.txt")
    install_locked(ROOT / "requirements" / "{}.txt".format(wanted))
    pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    for name in SETS[: SETS.index(wanted) + 1]:
        (VENV / ".ready-{}".format(name)).touch()
    say("ready after {:.0f} s".format(time.monotonic() - started))


def say(text: str) -> None:
    """Prints one line at once, also into a pipe."""
    print("setup: " + text, flush=True)


def make_venv() -> None:
    """Makes .venv, or keeps the one that works and is new enough."""
    if venv_works():
        return
    say("making .venv with Python {}".format(sys.version.split()[0]))
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0 or not venv_works():
        sys.exit(
            "{}{}\nsetup: .venv could not be made. Debian and Ubuntu keep that part of Python in a package"
            " of its own: apt-get install python3-venv".format(made.stdout, made.stderr)
        )


def venv_works() -> bool:
    """Whether .venv has a Python that is new enough, and pip."""
    probe = "import sys, pip; sys.exit(sys.version_info < {})".format(OLDEST)
    try:
        return subprocess.run([str(PYTHON), "-c", probe], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def pip(*arguments: str) -> None:
    """Runs pip in .venv; ends the program with pip's words if it fails."""
    done = subprocess.run(
        pip_command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(done.stdout + "setup: pip failed; its words stand above")


def pip_command(*arguments: str) -> "list[str]":
    """The command line of the pip in .venv."""
    return [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]


def install_locked(lock: Path) -> None:
    """Installs a lock file, telling how far it is."""
    total = len(re.findall(r"^\S+==", lock.read_text(encoding="utf-8"), flags=re.MULTILINE))
    say("installing {} packages from requirements/{}".format(total, lock.name))
    progress = Progress(total)
    # The lock is complete: nothing need be resolved. Byte-compiling all of it now would double the wait.
    how = ("--require-hashes", "--no-deps", "--no-build-isolation", "--no-compile", "--progress-bar", "off")
    command = pip_command("install", *how, "--requirement", str(lock))
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    words: list[str] = []  # not evaluated: an old Python does not mind
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as running:
        for line in running.stdout or ():
            words.append(line)
            progress.read(line)
    progress.end()
    if running.returncode != 0:
        sys.exit("".join(words[-40:]) + "setup: pip failed; its last words stand above")


class Progress:
    """Turns pip's output into one moving line on a terminal, and into a few lines elsewhere."""

    STEP = 20

    def __init__(self, total: int) -> None:
        self.total = total
        self.seen = 0
        self.moving = sys.stdout.isatty()

    def read(self, line: str) -> None:
        """Takes one line of pip's output."""
        package = re.match(r"(?:Collecting|Ignoring|Processing|Requirement already satisfied:) (?:\S*/)?([\w.]+)", line)
        if package:
            self.seen += 1
            text = "{:3d} of {}  {}".format(self.seen, self.total, package.group(1))
            self.show(text, worth_a_line=self.seen % self.STEP == 0)
        elif line.startswith("Installing collected packages"):
            self.show("all fetched, now unpacking", worth_a_line=True)

    def show(self, text: str, *, worth_a_line: bool) -> None:
        """Shows where things stand; off a terminal only what is worth a line."""
        if self.moving:
            print("\r\033[Ksetup: " + text, end="", flush=True)
        elif worth_a_line:
            say(text)

    def end(self) -> None:
        """Clears the moving line."""
        if self.moving:
            print("\r\033[K", end="", flush=True)


if __name__ == "__main__":
    main()
