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
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

_AT = "@\ufe6b\uff20"
_ENDS = (
    r"\x00-,/:-@\[-^`{-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u037e\u0387\u055a-\u055f\u0589\u05be\u05f3\u05f4\u060c\u061b\u061f\u066a-\u066d"
    r"\u0964\u0965\u1680\u2000-\u200b\u2010-\u203e\u2041-\u2053\u2055-\u205f\u2e00-\u2e2e\u2e30-\u2e7f\u3000-\u3004\u3008-\u3020\u30fb"
    r"\ufe50-\ufe6b\uff00-\uff0f\uff1a-\uff20\uff3b-\uff3e\uff40\uff5b-\uff65"
)
"""Signs that end a handle everywhere. All others are taken for a part of it: no server takes more."""
_FOUND = re.compile(f"[{_AT}](?=[^{_ENDS}])")
_RUN = re.compile(f"[^{_ENDS}]*")
_PORT = re.compile(r":\d+")
_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_LOCAL_NAME = re.compile(r"[A-Za-z0-9_-]+")
"""What Pleroma takes for somebody of the instance where a handle does not begin a word."""
_ASCII_NAME = re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*")
_RUBY_NAME = re.compile("[A-Za-z0-9_\u017f\u212a]+(?:[.-]+[A-Za-z0-9_\u017f\u212a]+)*")
"""Ruby's `[a-z]` takes two more signs where case does not matter."""
_PYTHON_NAME, _PYTHON_HOST = re.compile(r"[\w-]+"), re.compile(r"[\w.-]*\w")
"""Takahē stops before a mark that is a sign of its own."""
_ASCII_HOST = re.compile(r"[A-Za-z0-9.-]*[A-Za-z0-9]")
_USUAL_HOST = re.compile(r"[A-Za-z0-9]+(?:[.-]+[A-Za-z0-9]+)*(?::\d+)?")
_ENCLOSED = re.compile("[\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]")
"""Letters in circles and squares: Ruby's `[[:word:]]` has all that is alphabetic, and `coⓜ` is `com` as a host."""
_PUNYCODE = "xn--"


@dataclass(frozen=True, slots=True)
class Tag:
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
    found: list[Tag] = []
    taken_until = 0
    for at in _FOUND.finditer(text):
        start = at.start()
        if start < taken_until or (not within_words and _leaves_alone(text[start - 1 : start])):
            continue
        name = _run(text, start + 1)
        tag = _tag_at(text, start, name, within_words=within_words)
        if tag is not None:
            if within_words and start and not text[start - 1].isspace():
                tag = replace(tag, readings=_unique([*tag.readings, f"@{_prefix(_LOCAL_NAME, name)}"]))
            found.append(tag)
            # Where servers end the name earlier, what follows it is a handle by itself.
            is_plain = text[start] == "@" and _PLAIN.fullmatch(name) is not None and name[-1] != "_"
            goes_on = _is_word(name[-1:]) and (is_plain or not within_words)
            taken_until = tag.end if goes_on else start + 1
    return found


def tagged(text: str, *, within_words: bool = True) -> tuple[str, ...]:
    """Whom a text tags, each once, in every reading."""
    readings = (one for tag in tags_in(text, within_words=within_words) for one in tag.readings)
    return tuple({plain(one): one for one in readings}.values())


def handles(text: str, *, within_words: bool = True) -> tuple[str, ...]:
    """Those whom a text addresses, each as it stands there; not whoever else a server may take one for."""
    return tuple(dict.fromkeys(tag.handle for tag in tags_in(text, within_words=within_words)))


def strangers(text: str, accts: Iterable[str], *, within_words: bool = True) -> tuple[str, ...]:
    """The handles in a text, in every reading, that are none of these accounts', given as `name@host`.

    One that is somebody's of them as it stands is theirs.
    """
    known = {plain(acct) for acct in accts}
    found: dict[str, str] = {}
    known_until = 0
    for tag in tags_in(text, within_words=within_words):
        if plain(tag.handle) in known:
            known_until = tag.end
        elif tag.start >= known_until:
            found |= {plain(one): one for one in tag.readings if plain(one) not in known}
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
    foreseen = {plain(one) if "@" in plain(one) else f"{plain(one)}@{plain(home)}" for one in shown}
    return tuple(acct for acct in accts if not any(_is_one_account(plain(acct), one) for one in foreseen))


def plain(handle: str) -> str:
    """A handle, or an acct, as it is compared: without @, in small letters, its host as it is read."""
    name, at, host = handle.lstrip(_AT).replace("\uff20", "@").replace("\ufe6b", "@").partition("@")
    return f"{_small(name)}{at}{'.'.join(map(_label, _small(host).split('.')))}"


def _is_one_account(acct: str, shown: str) -> bool:
    """Whether they are the same account; its host may call itself `web.example` in one place, `example` in another."""
    name, _, host = acct.partition("@")
    shown_name, _, shown_host = shown.partition("@")
    is_one_host = host == shown_host or host.endswith(f".{shown_host}") or shown_host.endswith(f".{host}")
    return name == shown_name and is_one_host


def _tag_at(text: str, start: int, name: str, *, within_words: bool) -> Tag | None:
    if not _stripped(name):
        return None
    end = start + 1 + len(name)
    host = ""
    if text[end : end + 1] and text[end] in _AT:
        host = _run(text, end + 1)
        port = _PORT.match(text, end + 1 + len(host))
        host += port[0] if port and host else ""
    if not _stripped(host):
        alone = _stripped(name)
        return Tag(start, end, f"@{alone}", _unique([f"@{alone}", *_beginnings(name)]))
    end += 1 + len(host)
    handle = f"@{name}@{_stripped(host)}"
    readings = [handle]
    if _ASCII_NAME.fullmatch(name) is None or text[start + 1 + len(name)] != "@":
        readings += [f"@{_stripped(name)}", *_beginnings(name)]
    if within_words and _PLAIN.fullmatch(name) is None:
        # snac2 reads such a name only as far as it is plain.
        readings.append(f"@{_prefix(_PLAIN, name)}")
    if _USUAL_HOST.fullmatch(_stripped(host)) is None:
        hosts = _prefix(_ASCII_HOST, host), _prefix(_PYTHON_HOST, host), _words(host)
        readings += [f"@{name}", *(f"@{name}@{one}" for one in hosts)]
    elif ":" in host:
        readings.append(f"@{name}@{host.partition(':')[0]}")
    return Tag(start, end, handle, _unique(readings))


def _beginnings(name: str) -> list[str]:
    """What servers take a name for that read fewer letters."""
    return [f"@{_prefix(form, name)}" for form in (_PLAIN, _ASCII_NAME, _RUBY_NAME, _PYTHON_NAME)]


def _unique(readings: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in readings if len(one) > 1 and not one.endswith("@")))


def _run(text: str, start: int) -> str:
    found = _RUN.match(text, start)
    return found[0] if found else ""


def _prefix(form: re.Pattern[str], text: str) -> str:
    found = form.match(text)
    return found[0] if found else ""


def _words(host: str) -> str:
    """A host as far as Mastodon reads it: letters, marks, digits, `_`, and dots and hyphens between them."""
    end = next((place for place, sign in enumerate(host) if sign not in ".-" and not _is_alphabetic(sign)), len(host))
    return _stripped(host[:end])


def _stripped(run: str) -> str:
    """Without the signs at its end that no handle ends in."""
    end = len(run)
    while end and not _may_end(run[end - 1]):
        end -= 1
    return run[:end]


def _may_end(sign: str) -> bool:
    return sign.isalnum() or _is_alphabetic(sign)


def _is_alphabetic(sign: str) -> bool:
    """Whether it is a word character of Ruby's, or a number or a sign that counts as a letter there."""
    return _is_word(sign) or unicodedata.category(sign) == "Nl" or _ENCLOSED.match(sign) is not None


def _leaves_alone(before: str) -> bool:
    return before != "" and (before in "=/" or _is_word(before))


def _is_word(sign: str) -> bool:
    """Whether it is what Ruby calls a word character."""
    if not sign:
        return False
    category = unicodedata.category(sign)
    return category[0] in "LM" or category in {"Nd", "Pc"}


def _small(text: str) -> str:
    """In small letters; signs beyond ASCII never become such within it, and so never somebody else."""
    return "".join(sign if not sign.isascii() and sign.lower().isascii() else sign.lower() for sign in text)


def _label(label: str) -> str:
    """A part of a host's name as it is read: `münchen` for `xn--mnchen-3ya`; `xn--remote-` is not `remote`."""
    if not label.startswith(_PUNYCODE):
        return label
    try:
        read = label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    is_its_only_form = not read.isascii() and f"{_PUNYCODE}{read.encode('punycode').decode('ascii')}" == label
    return read if is_its_only_form else label
