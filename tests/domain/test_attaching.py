"""Which files go along with a post, and what the instance would not take."""

from dataclasses import replace

import pytest

from fedichat.domain.names import EventId, Place, TicketId, UserId
from fedichat.domain.posts.attaching import Allowed, attached, chosen
from fedichat.domain.posts.drafts import Draft, FilesMeant
from fedichat.domain.posts.post import Attachment
from fedichat.domain.tickets.remark import Remark, SharedFile
from fedichat.errors import Refusal
from tests.factories import NOW

MB = 1024 * 1024
ALLOWED = Allowed(4, 100, 2 * MB, 9 * MB, frozenset({"image/png", "video/mp4", "audio/ogg"}), alt_required=True)


def remark(
    number: int, name: str = "map.png", kind: str = "image/png", size: int | None = 10, text: str = ""
) -> Remark:
    file = SharedFile(name, kind, f"mxc://example.org/{number}", size, key={"v": "v2"})
    return Remark(
        EventId(f"$f{number}"), TicketId(42), Place("team/bsi"), UserId("@anna:example.org"), text, NOW, file, number
    )


MAP, CHART, FILM = remark(1), remark(2, "chart.png", text="A chart."), remark(3, "film.mp4", "video/mp4")
FILES = (MAP, CHART, FILM)


def meant(files: FilesMeant | None, **fields: object) -> Draft:
    return Draft("Yes.", files=files, **fields)  # type: ignore[arg-type]


def events(found: tuple[Remark, ...]) -> list[int | None]:
    return [one.file_number for one in found]


@pytest.mark.parametrize(
    ("files", "own", "numbers"),
    [
        (None, None, []),
        (None, "$f2", [2]),
        (FilesMeant(), "$f2", [2]),
        (FilesMeant((3, 1)), None, [3, 1]),
        (FilesMeant((1, 1)), None, [1]),
        (FilesMeant((1,)), "$f2", [2, 1]),
        (FilesMeant(every=True), None, [1, 2, 3]),
        (FilesMeant(every=True), "$f2", [1, 2, 3]),
        (FilesMeant(replied_to=EventId("$f3")), None, [3]),
        (FilesMeant(replied_to=EventId("$f3")), "$f1", [1, 3]),
    ],
)
def test_which_files_are_meant(files: FilesMeant | None, own: str | None, numbers: list[int]) -> None:
    assert events(chosen(meant(files), FILES, EventId(own) if own else None, ())) == numbers


def test_alone_it_takes_the_only_file_or_what_the_post_had_before() -> None:
    assert events(chosen(meant(FilesMeant()), (FILM,), None, ())) == [3]
    assert events(chosen(meant(FilesMeant(replied_to=EventId("$talk"))), (FILM,), None, ())) == [3]
    before = (Attachment(CHART.event, "chart.png", "image/png", 10, "A chart."),)
    assert events(chosen(meant(FilesMeant()), FILES, None, before)) == [2]


@pytest.mark.parametrize(
    ("files", "there", "says"),
    [
        (FilesMeant(), FILES, "Which file? 📎1 map.png, 📎2 chart.png, 📎3 film.mp4 – for example `--with 1`"),
        (FilesMeant(), (), "There is no file in this ticket's thread"),
        (FilesMeant((1,)), (), "There is no file in this ticket's thread"),
        (FilesMeant(every=True), (), "There is no file in this ticket's thread"),
        (FilesMeant((7,)), FILES, "There is no file 7 any more. There are: 📎1 map.png"),
    ],
)
def test_what_is_not_clear_or_not_there_is_refused(files: FilesMeant, there: tuple[Remark, ...], says: str) -> None:
    with pytest.raises(Refusal) as refused:
        chosen(meant(files), there, None, ())
    assert str(refused.value).startswith(says)


def test_the_caption_is_the_alt_text_unless_another_one_is_given() -> None:
    assert [one.alt for one in attached((MAP, CHART), meant(None, alts=("A map.",)), ALLOWED, ())] == [
        "A map.",
        "A chart.",
    ]
    (one,) = attached((CHART,), meant(None, alts=(" Better. ",)), ALLOWED, ())
    assert one == Attachment(EventId("$f2"), "chart.png", "image/png", 10, "Better.")


def test_without_an_alt_text_there_must_be_a_reason_where_the_office_wants_one() -> None:
    with pytest.raises(Refusal, match=r"📎1 map\.png has no alt text\. .*`--no-alt \"reason\"`"):
        attached((MAP,), meant(None), ALLOWED, ())
    (one,) = attached((MAP,), meant(None, without_alt="only decoration"), ALLOWED, ())
    assert one.alt == ""
    assert attached((MAP,), meant(None), replace(ALLOWED, alt_required=False), ()) == (one,)


@pytest.mark.parametrize(
    ("files", "alts", "says"),
    [
        ((CHART,) * 5, (), "These are 5 files, and the instance takes 4 with a post"),
        ((CHART, FILM), (), "A video or a sound goes alone, without other files: 📎3 film.mp4. `--with 3` takes only"),
        ((CHART,), ("a", "b"), "There are more alt texts than files: 2 for 1."),
        ((MAP,), ("x" * 101,), "The alt text of 📎1 map.png is too long by 1: 101 of 100 characters."),
        (
            (remark(1, "x.pdf", "application/pdf"),),
            ("a",),
            "The instance does not take files like x.pdf (application/pdf)",
        ),
        ((remark(1, "x.svg", "image/svg+xml"),), ("a",), "The instance does not take files like x.svg"),
        ((remark(1, size=3 * MB),), ("a",), "map.png is too large: 3 MB, and the instance takes 2 MB."),
        (
            (remark(1, "f.mp4", "video/mp4", 10 * MB),),
            ("a",),
            "f.mp4 is too large: 10 MB, and the instance takes 9 MB.",
        ),
    ],
)
def test_what_the_instance_would_not_take_is_refused_with_numbers(
    files: tuple[Remark, ...], alts: tuple[str, ...], says: str
) -> None:
    with pytest.raises(Refusal) as refused:
        attached(files, meant(None, alts=alts), ALLOWED, ())
    assert str(refused.value).startswith(says)


def test_a_type_that_the_instance_does_not_speak_of_may_still_be_no_medium() -> None:
    silent = replace(ALLOWED, media_types=None)
    assert attached((remark(1, "a.bmp", "image/bmp", text="a"),), meant(None), silent, ())
    with pytest.raises(Refusal, match=r"audio/\*, image/\*, video/\*"):
        attached((remark(1, "x.pdf", "application/pdf"),), meant(None), silent, ())


def test_what_is_uploaded_is_not_uploaded_again_unless_its_alt_text_changed() -> None:
    before = (Attachment(CHART.event, "chart.png", "image/png", 10, "A chart.", "m7"),)
    (same,) = attached((CHART,), meant(None), ALLOWED, before)
    assert same.uploaded_as == "m7"
    (other,) = attached((CHART,), meant(None, alts=("Another.",)), ALLOWED, before)
    assert other.uploaded_as is None


def test_where_it_is_not_the_instance_s_rule_a_video_goes_along_and_the_server_judges() -> None:
    draft = Draft("Yes.", alts=("A map.", "A film."))
    both = attached((MAP, FILM), draft, replace(ALLOWED, mixes_media=True), ())
    assert [one.name for one in both] == ["map.png", "film.mp4"]
