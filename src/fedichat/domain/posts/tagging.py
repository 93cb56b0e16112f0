"""Whom a text tags: at least everybody whom any server would tag.

Servers read the plain text, each by a rule of its own:
- Mastodon (app/models/account.rb, MENTION_RE): `@name` or `@name@host`, not behind a word, `/` or `=`; in addresses and
  code as well. Hosts may hold any letters.
- GoToSocial (internal/regexes): behind white space; names may hold any letters, dots and hyphens, hosts a port.
- Pleroma, Akkoma (Linkify.Parser): anywhere in a word. snac2 (activitypub.c, process_tags): anywhere at all, names and
  hosts in ASCII. Both find `@bsi` in a mail address.
- Misskey (mfm-js): not behind an ASCII letter or digit; in content warnings, too.
- Takahē, Mitra, Pixelfed: as above; Pixelfed also takes the full-width ＠.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from fedichat.domain.lazy_pattern import LazyPattern
from fedichat.domain.signs import ranges_of

_AT = "@\ufe6b\uff20"
_ENDS = (
    r"\x00-,/:-@\[-^`{-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u037e\u0387\u055a-\u055f\u0589\u05be\u05f3\u05f4\u060c\u061b\u061f\u066a-\u066d"
    r"\u0964\u0965\u1680\u2000-\u200b\u2010-\u203e\u2041-\u2053\u2055-\u205f\u2e00-\u2e2e\u2e30-\u2e7f\u3000-\u3004\u3008-\u3020\u30fb"
    r"\ufe50-\ufe6b\uff00-\uff0f\uff1a-\uff20\uff3b-\uff3e\uff40\uff5b-\uff65"
)
"""Signs that end a handle everywhere. All others are taken for a part of it: no server takes more."""
_ENCLOSED = "\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189"
"""Letters in circles and squares: Ruby's `[[:word:]]` has all that is alphabetic, and `coⓜ` is `com` as a host."""
_USUAL = r"[A-Za-z0-9]+(?:(?:-+|\.)[A-Za-z0-9]+)*"
_HANDLE = (
    # As it usually is: all servers read that alike.
    rf"@(?P<usual>(?P<plain>[A-Za-z0-9_]*[A-Za-z0-9])(?:@{_USUAL}(?=[.-]*(?!:\d)(?![^{_ENDS}]))|(?=\.*(?![{_AT}])(?![^{_ENDS}]))))[.-]*"
    rf"|[{_AT}](?P<name>[^{_ENDS}]+)"
)


@cache
def _word() -> str:
    """What Ruby calls word characters."""
    return "".join(ranges_of("L", "M", "Nd", "Pc"))


@cache
def _alphabetic() -> str:
    """Word characters, and numbers and signs that count as letters there."""
    return f"{_word()}{''.join(ranges_of('Nl'))}{_ENCLOSED}"


def _ending() -> str:
    r"""Signs that a handle may end in: `\w` in Python, and what is alphabetic in Ruby."""
    return rf"[\w{_alphabetic()}]"


_HOST = LazyPattern(rf"[^{_ENDS}]+(?::\d+)?")
_FOUND = LazyPattern(_HANDLE)
_FOUND_OUTSIDE_WORDS = LazyPattern(lambda: f"(?<![=/{_word()}])(?:{_HANDLE})")
_ENDED = LazyPattern(lambda: f"(?=(.*{_ending()})?)", re.DOTALL)
_ANY = LazyPattern(lambda: rf"[{_AT}][^{_ENDS}]*(?<={_ending()})")
_WORD_SIGN = LazyPattern(lambda: f"[{_word()}]")
_PLAIN = re.compile(r"[A-Za-z0-9_]*[A-Za-z0-9]")
_NAME = LazyPattern(
    lambda: (
        f"(?=(.*{_ending()})?)"
        # What servers take for a name that read fewer letters. Ruby's `[a-z]` takes two more signs where case does not
        # matter; Takahē, the last of the four, stops before a mark that is a sign of its own.
        r"(?=([A-Za-z0-9_]+)?)(?=([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)?)"
        "(?=([A-Za-z0-9_\u017f\u212a]+(?:[.-]+[A-Za-z0-9_\u017f\u212a]+)*)?)"
        r"(?=([\w-]+)?)"
        # What Pleroma takes for somebody of the instance where a handle does not begin a word.
        r"(?=([A-Za-z0-9_-]+)?)"
    ),
    re.DOTALL,
)
_PARTS_OF_HOST = LazyPattern(
    lambda: (
        rf"(?=([A-Za-z0-9.-]*[A-Za-z0-9])?)(?=([\w.-]*\w)?)(?=([.\-{_alphabetic()}]*[{_alphabetic()}])?)"
        r"(?=([A-Za-z0-9_.-]*[A-Za-z0-9_])?)"
        # No part of a host ends in a hyphen or is empty for Pleroma: there it stops.
        r"(?=([A-Za-z0-9_-](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*)?)"
    ),
)
"""As far as servers read a host; the second is Takahē, then Mastodon, Misskey, and Pleroma."""
_USUAL_HOST = re.compile(rf"{_USUAL}(?::\d+)?")
_PUNYCODE = "xn--"
_LONGEST_LABEL = 63
"""A part of a host's name has no more characters (RFC 1035, 2.3.4); to decode a longer one would take long."""


class Tag(NamedTuple):
    """A handle in a text, from `start` until before `end`. `handle` is `@name` or `@name@host`, as long as it can be.

    `readings` are all handles that one server or another would take it for, itself included.
    """

    start: int
    end: int
    handle: str
    readings: tuple[str, ...]


def tags_in(text: str, *, within_words: bool = True) -> list[Tag]:
    """The handles in a text, in order.

    Without `within_words` those are left out that stand right behind a letter, a digit, `/` or `=`, as in a mail
    address or the address of a profile: Mastodon leaves them alone, others do not.
    """
    form = (_FOUND if within_words else _FOUND_OUTSIDE_WORDS).compiled
    found: list[Tag] = []
    at = form.search(text)
    while at is not None:
        start, goes_on = at.start(), at.end()
        is_inside = within_words and start > 0 and not text[start - 1].isspace()
        usual, plain_name, name = at.groups()
        if usual is not None:
            handle = f"@{usual}"
            beside = f"@{plain_name}"
            readings = (handle, beside) if is_inside and beside != handle else (handle,)
            found.append(Tag(start, goes_on, handle, readings))
        else:
            tag = _tag_at(text, start, name, within_words=within_words, is_inside=is_inside)
            # Where servers end the name earlier, what follows it is a handle by itself.
            goes_on = start + 1
            if tag is not None:
                found.append(tag)
                is_plain = text[start] == "@" and _PLAIN.fullmatch(name) is not None
                if is_plain or (not within_words and _WORD_SIGN.compiled.match(name[-1]) is not None):
                    goes_on = tag.end
        at = form.search(text, goes_on)
    return found


def has_handle(text: str) -> bool:
    """Whether there is anything in a text that a server would take for a handle."""
    return _ANY.compiled.search(text) is not None


def tagged(text: str, *, within_words: bool = True) -> tuple[str, ...]:
    """Whom a text tags, each once, in every reading."""
    readings = [one for tag in tags_in(text, within_words=within_words) for one in tag.readings]
    return tuple({plain(one): one for one in readings}.values())


def handles(text: str, *, within_words: bool = True) -> tuple[str, ...]:
    """Those whom a text addresses, each as it stands there; not whoever else a server may take one for."""
    return tuple(dict.fromkeys(tag.handle for tag in tags_in(text, within_words=within_words)))


def strangers(text: str, accts: Iterable[str], *, within_words: bool = True) -> tuple[str, ...]:
    """The handles in a text, in every reading, that are none of these accounts', given as `name@host`.

    One that is somebody's of them as it stands is theirs, with all that their handle alone may be taken for. What only
    the way of writing it here lets a server read, as `@name` in `@name＠host`, is somebody else.
    """
    known = {plain(acct): acct for acct in accts}
    theirs: dict[str, frozenset[str]] = {}
    found: dict[str, str] = {}
    last, known_until = "", 0
    for tag in tags_in(text, within_words=within_words):
        as_it_stands = plain(tag.handle)
        if as_it_stands in known:
            last, known_until = as_it_stands, tag.end
        readings = tag.readings
        if tag.start < known_until:
            if readings == (tag.handle,) and as_it_stands == last:
                continue
            if last not in theirs:
                alone = tagged(f"@{known[last]} @{last}", within_words=within_words)
                theirs[last] = frozenset(map(plain, alone))
            readings = tuple([one for one in readings if plain(one) not in theirs[last]])
        found |= {acct: one for one in readings if (acct := plain(one)) not in known}
    return tuple(found.values())


def shown_as_tagged(text: str, asker: str, *, within_words: bool = True) -> tuple[str, ...]:
    """Whom a preview names as tagged: the asker by the whole handle, and everybody else in every reading.

    `asker` is an acct, or empty. What a server reads in the asker's handle besides is somebody whom nobody was shown.
    """
    others = strangers(text, [asker], within_words=within_words)
    return (f"@{asker}", *others) if asker else others


def unforeseen(accts: Iterable[str], shown: Collection[str], home: str) -> tuple[str, ...]:
    """Which of the accounts that a server says a status tags were not shown before.

    `shown` are handles; one without a host is somebody's of the instance itself, whose host is `home`.
    """
    at_home = plain(f"@@{home}")
    hosts: defaultdict[str, set[str]] = defaultdict(set)
    for one in shown:
        name, _, host = plain(one).partition("@")
        hosts[name].add(host or at_home)
    return tuple(acct for acct in accts if not _is_foreseen(plain(acct), hosts))


def plain(handle: str) -> str:
    """A handle, or an acct, as it is compared: without @, in small letters, its host as it is read."""
    if handle.isascii():
        small = handle.lstrip("@").lower()
    else:
        small = _small(handle.lstrip(_AT).replace("\uff20", "@").replace("\ufe6b", "@"))
    if _PUNYCODE not in small:
        return small
    name, at, host = small.partition("@")
    return f"{name}{at}{'.'.join(map(_label, host.split('.')))}"


def _is_foreseen(acct: str, hosts: Mapping[str, Collection[str]]) -> bool:
    """Whether it is one of these; its host may call itself `web.example` in one place, `example` in another."""
    name, _, host = acct.partition("@")
    return any(
        host == shown or host.endswith(f".{shown}") or shown.endswith(f".{host}") for shown in hosts.get(name, ())
    )


def _tag_at(text: str, start: int, name: str, *, within_words: bool, is_inside: bool) -> Tag | None:
    alone, plain_name, dotted, *others, local = _read(_NAME, name)
    if not alone:
        return None
    end = start + 1 + len(name)
    sign = text[end : end + 1]
    at_host = _HOST.compiled.match(text, end + 1) if sign and sign in _AT else None
    host = at_host[0] if at_host else ""
    ended = _read(_ENDED, host)[0]
    beginnings = [alone, plain_name, dotted, *others]
    if ended:
        end += 1 + len(host)
        names = [f"{name}@{ended}"]
        if dotted != name or sign != "@":
            names += beginnings
        if within_words and plain_name != name:
            # snac2 reads such a name only as far as it is plain.
            names.append(plain_name)
        if _USUAL_HOST.fullmatch(ended) is None:
            names += [name, *[f"{name}@{one}" for one in _read(_PARTS_OF_HOST, host) if one]]
        elif ":" in host:
            names.append(f"{name}@{host.partition(':')[0]}")
    else:
        names = beginnings
    if is_inside:
        names.append(local)
    readings = tuple([f"@{one}" for one in dict.fromkeys(names) if one])
    return Tag(start, end, readings[0], readings)


def _read(form: LazyPattern, text: str) -> Sequence[str]:
    """What each group of the expression finds at the beginning of a text."""
    found = form.compiled.match(text)
    return found.groups("") if found else ()


def _small(text: str) -> str:
    """In small letters, sign by sign; signs beyond ASCII never become such within it, and so never somebody else."""
    # U+212A is the only one that would. A sigma's small letter depends on its place in the word.
    return "\u212a".join([part.lower() for part in text.replace("\u03a3", "\u03c3").split("\u212a")])


def _label(label: str) -> str:
    """A part of a host's name as it is read: `münchen` for `xn--mnchen-3ya`; `xn--remote-` is not `remote`."""
    if not label.startswith(_PUNYCODE) or len(label) > _LONGEST_LABEL:
        return label
    try:
        read = label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    is_its_only_form = not read.isascii() and f"{_PUNYCODE}{read.encode('punycode').decode('ascii')}" == label
    return read if is_its_only_form else label
