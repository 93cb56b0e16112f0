"""What people type, and what it is understood as."""

import contextlib
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedichat.chat.command import Invocation, Takes
from fedichat.chat.drafts import draft_from
from fedichat.chat.loading import load_commands
from fedichat.chat.parsing import find_command, parse, typed
from fedichat.domain.names import EventId, TicketId
from fedichat.domain.posts.drafts import Draft, FilesMeant
from fedichat.domain.tickets.mention import Visibility
from fedichat.errors import Refusal

COMMANDS = load_commands(import_module("fedichat.commands"))


def understood(text: str, here: int | None = None, prefix: str = "!") -> Invocation | None:
    said = typed(text, prefix)
    if said is None:
        return None
    command = find_command(said.name, COMMANDS, prefix)
    return parse(command, said.rest, prefix, here=TicketId(here) if here else None)


# --- what is talk and what is a command ---


@pytest.mark.parametrize(
    "talk",
    [
        "",
        "Hello!",
        "!",
        "!!!",
        "! claim 42",
        "!\nclaim 42",
        "!?",
        "!1elf",
        "!42",
        "!-)",
        "well !claim 42",
        "> !claim 42",
        "`!claim 42`",
        "#42",
        "/claim 42",
        "claim 42",
        "¡claim 42",
    ],
)
def test_ordinary_talk_is_no_command(talk: str) -> None:
    assert typed(talk, "!") is None


@pytest.mark.parametrize(
    ("prefix", "text", "is_command"),
    [
        ("!fedi ", "!fedi claim 42", True),
        ("!fedi ", "!claim 42", False),
        ("%", "%claim 42", True),
        ("%", "!claim 42", False),
        ("bot:", "bot:claim 42", True),
    ],
)
def test_an_office_may_choose_its_prefix(prefix: str, text: str, is_command: bool) -> None:
    invocation = understood(text, prefix=prefix)
    assert (invocation is not None and invocation.ticket == 42) == is_command


# --- names ---


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("claim", "claim"),
        ("CLAIM", "claim"),
        ("Claim", "claim"),
        ("take", "claim"),
        ("übernehmen", "claim"),
        ("Übernehmen", "claim"),
        ("ÜBERNEHMEN", "claim"),
        ("uebernehmen", "claim"),
        ("UEBERNEHMEN", "claim"),
        ("u\u0308bernehmen", "claim"),
        ("nehmen", "claim"),
        ("release", "release"),
        ("abgeben", "release"),
        ("answer", "answer"),
        ("reply", "answer"),
        ("antwort", "answer"),
        ("antworten", "answer"),
        ("Antwort:", "answer"),
        ("publish", "publish"),
        ("veröffentlichen", "publish"),
        ("veroeffentlichen", "publish"),
        ("VERO\u0308FFENTLICHEN", "publish"),
        ("freigeben", "publish"),
        ("withdraw", "withdraw"),
        ("zurückziehen", "withdraw"),
        ("zurueckziehen", "withdraw"),
        ("ignore", "ignore"),
        ("ignorieren", "ignore"),
        ("reopen", "reopen"),
        ("öffnen", "reopen"),
        ("oeffnen", "reopen"),
        ("wiederöffnen", "reopen"),
        ("note", "note"),
        ("notiz", "note"),
        ("show", "show"),
        ("zeigen", "show"),
        ("queue", "queue"),
        ("offen", "queue"),
        ("help", "help"),
        ("hilfe", "help"),
    ],
)
def test_commands_have_names_in_both_languages_however_they_are_typed(name: str, command: str) -> None:
    said = typed(f"!{name} 1", "!")
    assert said is not None
    assert find_command(said.name, COMMANDS, "!").name == command


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hlep", "!help"),
        ("cliam", "!claim"),
        ("anwser", "!answer"),
        ("antwrot", "!antwort"),
        ("übernemen", "!übernehmen"),
        ("uebernemen", "!übernehmen"),
        ("veröfentlichen", "!veröffentlichen"),
        ("ignor", "!ignore"),
    ],
)
def test_a_misspelt_command_gets_the_nearest_one_suggested(name: str, near: str) -> None:
    with pytest.raises(Refusal) as refused:
        find_command(name, COMMANDS, "!")
    assert f"`!{name}`" in str(refused.value)
    assert f"Did you mean `{near}`?" in str(refused.value)


def test_a_command_like_no_other_gets_the_way_to_help() -> None:
    with pytest.raises(Refusal, match="`!help` shows all") as refused:
        find_command("xyzzy", COMMANDS, "!")
    assert "mean" not in str(refused.value)


# --- the ticket ---


@pytest.mark.parametrize(
    ("text", "here", "ticket"),
    [
        ("!claim 42", None, 42),
        ("!claim #42", None, 42),
        ("!claim   42  ", None, 42),
        ("!claim\n42", None, 42),
        ("  !claim 42", None, 42),
        ("!claim 42.", None, 42),
        ("!claim: 42", None, 42),
        ("!claim\xa042", None, 42),
        ("!claim", 7, None),
        ("!claim 42", 7, 42),
        ("!claim #42", 7, 42),
        ("!note 42: asked the press office", None, 42),
        ("!note #42, asked the press office", None, 42),
    ],
)
def test_the_ticket_is_said_by_its_number_or_left_to_the_thread(
    text: str, here: int | None, ticket: int | None
) -> None:
    invocation = understood(text, here)
    assert invocation is not None
    assert invocation.ticket == ticket


@pytest.mark.parametrize("text", ["!claim forty-two", "!claim 42a", "!claim #", "!claim 42 43", "!claim -1"])
def test_what_is_no_ticket_gets_an_example(text: str) -> None:
    with pytest.raises(Refusal, match=r"I do not understand “.*” there. For example: `!claim 42`"):
        understood(text)


def test_a_very_long_thing_that_is_not_understood_is_shortened() -> None:
    with pytest.raises(Refusal) as refused:
        understood(f"!claim {'x' * 5000}")
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("text", "ticket", "words"),
    [
        ("!answer 7 is the number", 7, "is the number"),
        ("!answer #42 is the number", 42, "is the number"),
        ("!answer #7 42 is the number", 7, "42 is the number"),
        ("!answer #7 #42 is the number", 7, "#42 is the number"),
        ("!answer 24/7 we are there", None, "24/7 we are there"),
        ("!answer 2,5 hours", None, "2,5 hours"),
        ("!answer 3rd floor", None, "3rd floor"),
        ("!answer Our 42 desks", None, "Our 42 desks"),
    ],
)
def test_in_a_thread_a_number_may_belong_to_the_text(text: str, ticket: int | None, words: str) -> None:
    invocation = understood(text, here=7)
    assert invocation is not None
    assert (invocation.ticket, invocation.text) == (ticket, words)


@pytest.mark.parametrize("text", ["!answer 42 is the number", "!note 2026 was dry", "!ignore 3 times asked"])
def test_an_unclear_number_in_a_thread_is_asked_about(text: str) -> None:
    command, number = text.split()[:2]
    with pytest.raises(Refusal) as refused:
        understood(text, here=7)
    assert str(refused.value).startswith("This is the thread of #7.")
    assert f"`{command} #{number} …`" in str(refused.value)
    assert f"`{command} #7 {number} …`" in str(refused.value)


# --- options and the text ---

ANSWERS: list[tuple[str, int | None, dict[str, str], str]] = [
    ("!answer 42 Yes.", 42, {}, "Yes."),
    ("!answer 42\nYes.", 42, {}, "Yes."),
    ("!answer 42 --cw tech Yes.", 42, {"cw": "tech"}, "Yes."),
    ("!answer --cw tech 42 Yes.", 42, {"cw": "tech"}, "Yes."),
    ("!answer --cw=tech 42 Yes.", 42, {"cw": "tech"}, "Yes."),
    ("!answer 42 —cw tech Yes.", 42, {"cw": "tech"}, "Yes."),
    ("!answer 42 –-cw tech Yes.", 42, {"cw": "tech"}, "Yes."),
    ("!answer 42 -–cw tech Yes.", 42, {"cw": "tech"}, "Yes."),
    ("!answer 42 –cw tech Yes.", 42, {"cw": "tech"}, "Yes."),
    ('!answer 42 --cw "two words" Yes.', 42, {"cw": "two words"}, "Yes."),
    ("!answer 42 --cw „zwei Worte“ Ja.", 42, {"cw": "zwei Worte"}, "Ja."),
    ("!answer 42 --cw “two words” Yes.", 42, {"cw": "two words"}, "Yes."),
    ('!answer 42 --cw "zwei Worte“ Ja.', 42, {"cw": "zwei Worte"}, "Ja."),
    ('!answer 42 --cw „zwei Worte" Ja.', 42, {"cw": "zwei Worte"}, "Ja."),
    ('!answer 42 --cw "a „b“ c" Ja.', 42, {"cw": "a „b“ c"}, "Ja."),
    ("!answer 42 --cw ‘it’s that’ Yes.", 42, {"cw": "it’s that"}, "Yes."),
    ("!answer 42 --cw 'it's that' Yes.", 42, {"cw": "it's that"}, "Yes."),
    ("!answer 42 --cw „zwei Worte” Ja.", 42, {"cw": "zwei Worte"}, "Ja."),
    ("!answer 42 --cw ”två ord” Ja.", 42, {"cw": "två ord"}, "Ja."),
    ("!answer 42 --cw «deux mots» Oui.", 42, {"cw": "deux mots"}, "Oui."),
    ("!answer 42 --cw »zwei Worte« Ja.", 42, {"cw": "zwei Worte"}, "Ja."),
    ("!answer 42 --cw ‚zwei Worte‘ Ja.", 42, {"cw": "zwei Worte"}, "Ja."),
    ("!answer 42 --cw 'two words' Yes.", 42, {"cw": "two words"}, "Yes."),
    ("!answer 42 --cw ‘two words’ Yes.", 42, {"cw": "two words"}, "Yes."),
    ('!answer 42 --cw="two words" Yes.', 42, {"cw": "two words"}, "Yes."),
    ("!answer 42 —cw=„zwei Worte“ Ja.", 42, {"cw": "zwei Worte"}, "Ja."),
    ('!answer 42 --cw "" Yes.', 42, {"cw": ""}, "Yes."),
    ("!answer 42 --cw „“ Ja.", 42, {"cw": ""}, "Ja."),
    ("!answer 42 --warnung Technik Ja.", 42, {"cw": "Technik"}, "Ja."),
    ("!answer 42 --CW tech Yes.", 42, {"cw": "tech"}, "Yes."),
    ("!answer 42 --visibility unlisted Yes.", 42, {"visibility": "unlisted"}, "Yes."),
    ("!answer 42 --visibility=unlisted Yes.", 42, {"visibility": "unlisted"}, "Yes."),
    ("!answer 42 --Visibility UNLISTED Yes.", 42, {"visibility": "unlisted"}, "Yes."),
    ("!antwort 42 —sichtbarkeit direct Ja.", 42, {"visibility": "direct"}, "Ja."),
    ("!antwort 42 --sichtbarkeit direkt Ja.", 42, {"visibility": "direct"}, "Ja."),
    ("!antwort 42 --sichtbarkeit „nicht gelistet“ Ja.", 42, {"visibility": "unlisted"}, "Ja."),
    ("!antwort 42 --sichtbarkeit öffentlich Ja.", 42, {"visibility": "public"}, "Ja."),
    ("!answer 42 --lang de Ja.", 42, {"lang": "de"}, "Ja."),
    ("!antwort 42 --sprache de Ja.", 42, {"lang": "de"}, "Ja."),
    ("!answer 42 --all Yes.", 42, {"all": ""}, "Yes."),
    ("!answer --all 42 Yes.", 42, {"all": ""}, "Yes."),
    ("!antwort 42 --alle Ja.", 42, {"all": ""}, "Ja."),
    (
        "!answer --all 42 --cw tech —lang de --visibility=private Yes.",
        42,
        {"all": "", "cw": "tech", "lang": "de", "visibility": "private"},
        "Yes.",
    ),
    ("!answer --cw tech Yes.", None, {"cw": "tech"}, "Yes."),
    ("!answer 42 First.\n\nSecond,  spaced.\n  - a list", 42, {}, "First.\n\nSecond,  spaced.\n  - a list"),
    ("!answer 42\n--all\nYes.", 42, {"all": ""}, "Yes."),
    ("!answer 42 Yes. --cw is an option", 42, {}, "Yes. --cw is an option"),
    ("!answer 42 Yes — it is.", 42, {}, "Yes — it is."),
    ("!answer 42 — it is.", 42, {}, "— it is."),
    ("!answer 42 - it is.", 42, {}, "- it is."),
    ("!answer 42 *bold* _it_ <b>&amp; „so“ @room", 42, {}, "*bold* _it_ <b>&amp; „so“ @room"),
    ("!answer 42 !claim 43", 42, {}, "!claim 43"),
    ("!answer 42 🙂", 42, {}, "🙂"),
]


@pytest.mark.parametrize(("text", "ticket", "options", "words"), ANSWERS)
def test_options_stand_before_the_text_and_the_text_is_taken_verbatim(
    text: str, ticket: int | None, options: dict[str, str], words: str
) -> None:
    invocation = understood(text)
    assert invocation is not None
    assert (invocation.ticket, dict(invocation.options), invocation.text) == (ticket, options, words)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("!propose 42", "Something is missing: the text. For example: `!propose 42 "),
        ("!propose", "Something is missing: the text."),
        ("!ignore 42", "Something is missing: the reason. For example: `!ignore 42 polemic`"),
        ("!note 42   \n ", "Something is missing: the note."),
        (
            "!answer 42 --warning tech Yes.",
            "has no `--warning`. It has: --visibility, --cw, --lang, --all, --with, --alt, --no-alt",
        ),
        ("!answer 42 —Danke sehr", "has no `--Danke`"),
        (
            "!answer 42 --visibility everyone Yes.",
            "`--visibility` can be public, unlisted, private, direct, not",
        ),
        ("!answer 42 --cw", "`--cw` needs a value behind it."),
        ("!answer 42 --cw --all Yes.", "`--cw` needs a value behind it."),
        ('!answer 42 --cw "two words Yes.', "Behind `--cw`, one quotation mark belongs at the beginning"),
        ('!answer 42 --alt "The "TLS" switch" Yes.', "Behind `--alt`, one quotation mark belongs at the beginning"),
        ("!answer 42 --alt „Der „TLS“ Schalter“ Ja.", "Behind `--alt`, one quotation mark belongs at the beginning"),
        ("!answer 42 --alt „Karte“, Ja.", "Behind `--alt`, one quotation mark belongs at the beginning"),
        ("!answer 42 --cw a --cw b Yes.", "`--cw` is there twice."),
        ("!answer 42 --cw a --warnung b Yes.", "`--cw` is there twice."),
        ("!answer 42 --all --alle Yes.", "`--all` is there twice."),
        ("!queue please", "I do not understand “please” there. For example: `!queue`"),
        ("!release 42 --force", "I do not understand “--force” there."),
        ("!claim 42 --force", "has no `--force`. It has: --take-over."),
    ],
)
def test_bad_input_gets_a_line_that_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        understood(text)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "draft"),
    [
        ("!answer 42 Yes.", Draft("Yes.")),
        (
            '!answer 42 --visibility direct --cw "" --lang DE --all Yes.',
            Draft("Yes.", Visibility.DIRECT, "", "de", tag_all=True),
        ),
        ("!answer 42 --lang de-AT Servus.", Draft("Servus.", language="de-at")),
    ],
)
def test_an_answer_s_options_become_its_draft(text: str, draft: Draft) -> None:
    invocation = understood(text)
    assert invocation is not None
    assert draft_from(invocation) == draft


@pytest.mark.parametrize("code", ["deutsch!", "12", "d", "de_DE", "german"])
def test_a_language_must_be_a_code(code: str) -> None:
    invocation = understood(f"!answer 42 --lang {code} Ja.")
    assert invocation is not None
    with pytest.raises(Refusal, match=r"is not a language code\. For example: `--lang de`"):
        draft_from(invocation)


@given(st.text(max_size=200))
def test_nothing_that_is_typed_breaks_the_parser(text: str) -> None:
    for command in {command.name for command in COMMANDS.values()}:
        with contextlib.suppress(Refusal):
            invocation = understood(f"!{command} {text}", here=7)
            assert invocation is not None
            assert invocation.command.text is not Takes.NO or invocation.text == ""


@given(st.text(alphabet=st.characters(exclude_categories=["Z", "C", "N", "P"]), min_size=1, max_size=80))
def test_the_words_of_an_answer_arrive_as_they_were_typed(word: str) -> None:
    text = f"Ä {word}\n\n  {word} --cw {word}"
    invocation = understood(f"!answer 42 {text}")
    assert invocation is not None
    assert invocation.text == text


# --- files ---


@pytest.mark.parametrize(
    ("typed_options", "files", "text"),
    [
        ("Yes.", None, "Yes."),
        ("--with Yes.", FilesMeant(replied_to=EventId("$f")), "Yes."),
        ("--mit Yes.", FilesMeant(replied_to=EventId("$f")), "Yes."),
        ("--with 1 Yes.", FilesMeant((1,)), "Yes."),
        ("--with=1,3 Yes.", FilesMeant((1, 3)), "Yes."),
        ("—with 3, 1 Yes.", FilesMeant((3, 1)), "Yes."),
        ("--with 📎1 Yes.", FilesMeant((1,)), "Yes."),
        ("--with 📎\ufe0f1, 📎3 Yes.", FilesMeant((1, 3)), "Yes."),
        ("--with 📎 Yes.", FilesMeant(replied_to=EventId("$f")), "📎 Yes."),
        ("--with all Yes.", FilesMeant(every=True), "Yes."),
        ("--mit Alle Yes.", FilesMeant(every=True), "Yes."),
        ("--with allies Yes.", FilesMeant(replied_to=EventId("$f")), "allies Yes."),
        ("--with 1st Yes.", FilesMeant(replied_to=EventId("$f")), "1st Yes."),
        ("--with #42 Yes.", FilesMeant(replied_to=EventId("$f")), "Yes."),
        ("--with --cw tech Yes.", FilesMeant(replied_to=EventId("$f")), "Yes."),
    ],
)
def test_with_says_which_files_go_along(typed_options: str, files: FilesMeant | None, text: str) -> None:
    invocation = understood(f"!answer {typed_options}", here=42)
    assert invocation is not None
    draft = draft_from(invocation, EventId("$f"))
    assert (draft.files, draft.text) == (files, text)


def test_alt_texts_are_given_in_the_order_of_the_files() -> None:
    invocation = understood("""!answer --alt "A map" --bildbeschreibung „Ein Diagramm“ --ohne-alt 'nur Schmuck' Yes.""")
    assert invocation is not None
    draft = draft_from(invocation)
    assert (draft.alts, draft.without_alt, draft.text) == (("A map", "Ein Diagramm"), "nur Schmuck", "Yes.")
    assert invocation.options["alt"] == "Ein Diagramm"


def test_only_options_that_may_be_are_given_twice() -> None:
    with pytest.raises(Refusal, match="is there twice"):
        understood("!answer --with 1 --with 2 Yes.")


@pytest.mark.parametrize(
    ("text", "words", "options"),
    [
        ("!stats", "", {}),
        ("!stats Q3 --department krypto", "Q3", {"department": "krypto"}),
        ("!stats --department krypto Q3", "Q3", {"department": "krypto"}),
        ("!statistik --label tls letzte Woche --fachreferat „Referat K“", "letzte Woche",
         {"label": "tls", "department": "Referat K"}),
        ("!stats 1.11. – 15.11. —label tls", "1.11. – 15.11.", {"label": "tls"}),
    ],
)  # fmt: skip
def test_options_of_a_question_may_stand_behind_it(text: str, words: str, options: dict[str, str]) -> None:
    invocation = understood(text)
    assert invocation is not None
    assert (invocation.text, invocation.options) == (words, options)


# --- posts by their number, and moments before the text ---


@pytest.mark.parametrize(
    ("text", "post", "ticket", "words"),
    [
        ("!publish P7", 7, None, ""),
        ("!publish p7", 7, None, ""),
        ("!publish 42", None, 42, ""),
        ("!show P7:", 7, None, ""),
        ("!edit P7 The corrected text", 7, None, "The corrected text"),
        ("!edit P7: 2 of 3", 7, None, "2 of 3"),
        ("!edit 42 P7 is a form", None, 42, "P7 is a form"),
        ("!edit --cw careful P7 Text", 7, None, "Text"),
        ("!edit P7 --cw careful Text", 7, None, "Text"),
        ("!answer 42 P7 is a form", None, 42, "P7 is a form"),
        ("!schedule 2026-11-24 09:00 | P7 is a form", None, None, "P7 is a form"),
        ("!unschedule P7 --series", 7, None, ""),
        ("!absetzen --serie P7", 7, None, ""),
    ],
)
def test_a_planned_post_is_said_by_its_number(text: str, post: int | None, ticket: int | None, words: str) -> None:
    said = understood(text)
    assert said is not None
    assert (said.post, said.ticket, said.text) == (post, ticket, words)


@pytest.mark.parametrize("text", ["!unschedule P", "!unschedule P7a", "!unschedule P7 P8", "!publish P-1", "!show PP7"])
def test_what_is_no_post_gets_an_example(text: str) -> None:
    with pytest.raises(Refusal, match="I do not understand"):
        understood(text)


@pytest.mark.parametrize(
    ("text", "moment", "words"),
    [
        ("!schedule friday 10:00 | Our guide is out.", "friday 10:00", "Our guide is out."),
        ("!schedule friday 10:00|Our guide is out.", "friday 10:00", "Our guide is out."),
        ("!schedule friday 10:00\nOur guide is out.", "friday 10:00", "Our guide is out."),
        ("!schedule friday 10:00 |\nOur guide\nis out.", "friday 10:00", "Our guide\nis out."),
        ("!schedule\nfriday 10:00\nOur guide is out.", "friday 10:00", "Our guide is out."),
        ("!schedule friday 10:00 | a | b", "friday 10:00", "a | b"),
        ("!schedule friday 10:00\n| a\nb", "friday 10:00", "| a\nb"),
        ("!schedule friday 10:00 | --cw no option", "friday 10:00", "--cw no option"),
        ("!schedule friday   10:00 | a", "friday 10:00", "a"),
        ("!schedule friday 10:00", "friday 10:00", ""),
        ("!schedule | a", "", "a"),
        ("!schedule", "", ""),
        ("!planen am 1. April um 8:00 | a", "am 1. April um 8:00", "a"),
        ("!planen jeden Montag um 9\na", "jeden Montag um 9", "a"),
        ("!planen 3.12. 12 Uhr | a", "3.12. 12 Uhr", "a"),
        ("!draft friday 10:00 | a", "", "friday 10:00 | a"),
        ("!reschedule P7 friday 10:00", "friday 10:00", ""),
        ("!verschieben P7: morgen um 9 Uhr", "morgen um 9 Uhr", ""),
        ("!copy P7", "", ""),
        ("!copy P7 friday 10:00", "friday 10:00", ""),
    ],
)
def test_the_moment_ends_at_the_first_bar_or_line_break(text: str, moment: str, words: str) -> None:
    said = understood(text)
    assert said is not None
    assert (said.moment, said.text) == (moment, words)


def test_options_stand_on_either_side_of_the_moment_and_in_it() -> None:
    for text in (
        '!schedule --cw "a | b" --label guide friday 10:00 | Text',
        '!schedule friday --cw "a | b" 10:00 --label guide | Text',
        "!schedule friday 10:00 —label guide –cw „a | b“\nText",
    ):
        said = understood(text)
        assert said is not None
        assert (said.moment, said.text) == ("friday 10:00", "Text")
        assert (said.options["cw"], said.repeated["label"]) == ("a | b", ("guide",))


@given(st.text(max_size=40), st.text(alphabet="abc |\n-–P7äß", max_size=40))
def test_no_word_behind_the_border_is_lost_or_taken_for_a_moment(moment: str, text: str) -> None:
    with contextlib.suppress(Refusal):
        said = understood(f"!schedule friday 10:00 | {text}")
        assert said is not None
        assert (said.moment, said.text) == ("friday 10:00", text.strip())
    with contextlib.suppress(Refusal):
        understood(f"!schedule {moment} | {text}")
