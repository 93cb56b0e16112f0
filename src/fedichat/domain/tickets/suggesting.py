"""Which department a question seems to be for, by the words that the office has named for each."""

import re
from collections.abc import Mapping, Sequence

from fedichat.domain.names import folded


def suggested(text: str, keywords: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The departments whose keywords stand in the text as words of their own, those with the most first.

    `keywords` by department. Upper and lower case do not matter, nor how an umlaut is typed; a plural counts as another
    word. Of two with as many, the one that is configured first comes first.
    """
    written = folded(text)
    counts = {name: sum(_stands_in(word, written) for word in words) for name, words in keywords.items()}
    return tuple(sorted((name for name in counts if counts[name]), key=lambda name: -counts[name]))


def _stands_in(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(folded(word))}(?!\w)", text) is not None
