"""The one place where the command line prints: one line at a time, with nothing in it that a terminal would obey.

Names of rooms, words of servers and texts of errors come from others: an escape sequence in them could recolour,
overwrite or answer for a line of ours, and a line break could forge one. `fedichat.logs` uses the same function for its
lines.
"""

import sys
import unicodedata
from typing import Final

_OBEYED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's controls (C0 and C1, so ESC and CSI), what reorders or hides text, lone surrogates, line breaks."""
_JOINERS: Final = "\u200c\u200d"
"""Persian and emoji need them, and they only change the shape of their neighbours."""
_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def visible(text: str) -> str:
    r"""The text on one line: what a terminal would obey is spelled out, such as `\u001b`.

    The spelling is JSON's: JSON stays JSON, and means the same.
    """
    if text.isprintable():
        return text
    return "".join(_spelled(sign) if _is_obeyed(sign) else sign for sign in text)


def say(text: object, *, error: bool = False) -> None:
    """Print one line at once, on standard output or standard error."""
    print(visible(str(text)), file=sys.stderr if error else sys.stdout, flush=True)


def ask(text: object) -> None:
    """Print a question at once; the answer is typed after it."""
    print(visible(str(text)), end=" ", flush=True)


def _is_obeyed(sign: str) -> bool:
    return unicodedata.category(sign) in _OBEYED and sign not in _JOINERS


def _spelled(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
