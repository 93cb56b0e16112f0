"""The phrases that were collected: almost all are right, the others are asked back, and none is silently wrong."""

import json
from collections import Counter

import pytest

from fedichat.cli.phrases import answer
from fedichat.domain.time import when
from fedichat.text.i18n import language
from scripts import times
from scripts.times import Judgement, Phrase

EVERY = [phrase for name in times.NAMES for phrase in times.load(name)]
KINDS = list(dict.fromkeys(phrase.kind for phrase in EVERY))
RIGHT = 0.98


def named(phrase: Phrase) -> str:
    return f"{phrase.text} ({phrase.now:%a %d.%m. %H:%M})"


@pytest.mark.parametrize("phrase", EVERY, ids=named)
def test_a_phrase_is_understood_as_it_was_meant(phrase: Phrase) -> None:
    assert phrase.answer() == phrase.expected


@pytest.mark.parametrize("kind", KINDS)
def test_of_each_class_nearly_all_are_right_and_none_is_silently_wrong(kind: str) -> None:
    judged = Counter(phrase.judged() for phrase in EVERY if phrase.kind == kind)
    assert judged[Judgement.WRONG] == 0
    assert judged[Judgement.RIGHT] / judged.total() >= RIGHT


def test_there_are_hundreds_of_phrases_in_each_set_that_counts() -> None:
    assert [len(list(times.load(name))) >= 200 for name in ("collected", "unseen")] == [True, True]
    assert len({(phrase.text, phrase.now) for phrase in EVERY}) >= 600


def test_the_page_tells_of_these_phrases() -> None:
    """`make docs` writes it anew."""
    assert times.PAGE.read_text(encoding="utf-8") == times.page()


@pytest.mark.parametrize("code", ["de", "en"])
@pytest.mark.parametrize("phrase", EVERY, ids=named)
def test_what_is_echoed_can_be_typed_back_and_is_the_same(phrase: Phrase, code: str) -> None:
    read = phrase.read()
    echo = answer(read, phrase.zone, language(code))["echo"]
    if isinstance(read, when.Ambiguous | when.Refused):
        assert echo is None
        return
    again = when.read_when(str(echo), phrase.now, phrase.zone, code)
    assert again == (when.Instant(read.at) if isinstance(read, when.Suggestion) else read)


@pytest.mark.parametrize("phrase", EVERY, ids=named)
def test_the_language_of_the_room_decides_nothing_but_which_reading_comes_first(phrase: Phrase) -> None:
    german, english = (when.read_when(phrase.text, phrase.now, phrase.zone, code) for code in ("de", "en"))
    if isinstance(german, when.Ambiguous) and isinstance(english, when.Ambiguous):
        assert set(german.candidates) == set(english.candidates)
    else:
        assert written(german) == written(english)


def written(read: when.When) -> str:
    return str(read.refusal) if isinstance(read, when.Refused) else repr(read)


@pytest.mark.parametrize("phrase", EVERY, ids=named)
def test_every_candidate_can_be_typed_and_means_itself_alone(phrase: Phrase) -> None:
    read = phrase.read()
    for at in read.candidates if isinstance(read, when.Ambiguous) else ():
        assert at > phrase.now
        assert when.read_when(when.typed(at, phrase.zone), phrase.now, phrase.zone, "de") == when.Instant(at)


@pytest.mark.parametrize("phrase", EVERY, ids=named)
def test_every_answer_is_one_line_of_json_with_every_key(phrase: Phrase) -> None:
    line = json.dumps(answer(phrase.read(), phrase.zone, language("de")))
    assert "\n" not in line
    assert list(json.loads(line)) == ["kind", "at", "candidates", "rule", "reason", "echo"]
