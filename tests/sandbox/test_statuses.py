"""Statuses (https://docs.joinmastodon.org/methods/statuses/)."""

import pytest

from fedichat.sandbox import NewMedia, Sandbox, SandboxAccount, Visibility
from tests.sandbox.conftest import Api, Clock

DOCUMENTED = {
    "id", "uri", "created_at", "account", "content", "visibility", "sensitive", "spoiler_text",
    "media_attachments", "application", "mentions", "tags", "emojis", "reblogs_count", "favourites_count",
    "replies_count", "url", "in_reply_to_id", "in_reply_to_account_id", "reblog", "poll", "card", "language",
    "edited_at", "favourited", "reblogged", "muted", "bookmarked", "filtered",
}  # fmt: skip


async def test_a_status_has_every_documented_field(api: Api, erika: SandboxAccount) -> None:
    """https://docs.joinmastodon.org/entities/Status/."""
    first = await erika.post("@bsi Hallo #Frage", language="de", poll=["ja", "nein"])
    picture = NewMedia(b"png", "image/png", "Ein Bild")
    second = await erika.post("@bsi und noch", in_reply_to=first, media=[picture], spoiler_text="Achtung")
    status = (await api.get(f"/api/v1/statuses/{second.id}")).json
    assert status.keys() >= DOCUMENTED
    assert (status["in_reply_to_id"], status["in_reply_to_account_id"]) == (first.id, erika.id)
    assert (status["sensitive"], status["spoiler_text"]) == (True, "Achtung")
    assert status["media_attachments"][0]["description"] == "Ein Bild"
    assert status["account"]["acct"] == "erika@remote.example"
    assert [mention["acct"] for mention in status["mentions"]] == ["bsi"]
    other = (await api.get(f"/api/v1/statuses/{first.id}")).json
    assert [option["title"] for option in other["poll"]["options"]] == ["ja", "nein"]
    assert (other["tags"][0]["name"], other["language"]) == ("frage", "de")


@pytest.mark.parametrize("body", ["json", "data"])
async def test_publishing_takes_json_and_forms(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount, body: str
) -> None:
    question = await erika.post("@bsi Frage", visibility="unlisted")
    fields = {
        "status": "@erika@remote.example Ja.",
        "in_reply_to_id": question.id,
        "visibility": "unlisted",
        "spoiler_text": "Antwort",
        "language": "de",
    }
    answer = await api.post("/api/v1/statuses", **{body: fields})
    assert answer.status == 200
    status = sandbox.statuses_of(office)[0]
    assert (status.text, status.visibility, status.language) == (fields["status"], Visibility.UNLISTED, "de")
    assert (status.in_reply_to, status.spoiler_text, status.sensitive) == (question, "Antwort", True)
    assert erika.mentions == [status]


@pytest.mark.parametrize("allowed", ["erika", "nobody"])
async def test_a_status_that_would_tag_others_than_the_client_names_is_refused(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount, allowed: str
) -> None:
    """Undocumented: Mastodon's source, app/services/post_status_service.rb, `safeguard_mentions!`.

    It compares ids by their `to_i`; app/controllers/api/v1/statuses_controller.rb names the accounts.
    """
    bob = sandbox.add_account("bob", domain="remote.example")
    ids = erika.id if allowed == "erika" else ""
    text = "@bob@remote.example und https://x/(@erika@remote.example)"
    refused = await api.post("/api/v1/statuses", data={"status": text, "allowed_mentions[]": ids})
    others = ["bob@remote.example"] + ([] if allowed == "erika" else ["erika@remote.example"])
    assert refused.status == 422
    assert refused.json["error"] == "Post would be sent to unexpected accounts"
    assert [one["acct"] for one in refused.json["unexpected_accounts"]] == others
    assert (sandbox.statuses_of(office), bob.mentions, erika.mentions) == ([], [], [])
    taken = await api.say(text, allowed_mentions=[erika.id, bob.id])
    assert (taken.status, len(bob.mentions), len(erika.mentions)) == (200, 1, 1)


async def test_servers_that_are_no_mastodon_ask_nobody_whom_a_status_may_tag(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.mixes_media = True
    bob = sandbox.add_account("bob", domain="remote.example")
    taken = await api.post("/api/v1/statuses", data={"status": "@bob@remote.example", "allowed_mentions[]": ""})
    assert (taken.status, len(bob.mentions)) == (200, 1)


async def test_a_bad_parent_is_not_found_and_nothing_is_published(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    hidden = await erika.post("nicht für das Amt", visibility="direct")
    for parent in ("1", "abc", hidden.id):
        answer = await api.say("Antwort", in_reply_to_id=parent)
        assert answer.status == 404
    assert sandbox.statuses_of(office) == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": ""}, "Validation failed: Text can't be blank"),
        ({"status": "x" * 501}, "Validation failed: Text character limit of 500 exceeded"),
        (
            {"status": "x" * 490, "spoiler_text": "y" * 11},
            "Validation failed: Text character limit of 500 exceeded",
        ),
        ({"status": "x", "visibility": "secret"}, "'secret' is not a valid visibility"),
        (
            {"status": "x", "media_ids": ["7"]},
            "Validation failed: Media 7 not found or already attached to another post",
        ),
        ({"status": "x", "media_ids": list("12345")}, "Validation failed: Cannot attach more than 4 files"),
        ({"status": "x", "scheduled_at": "morgen"}, "invalid date"),
        (
            {"status": "x", "poll": {"options": ["a"], "expires_in": 600}},
            "Validation failed: Options must be more than one",
        ),
    ],
)
async def test_what_is_invalid_is_refused_with_mastodons_words(api: Api, fields: dict[str, object], error: str) -> None:
    answer = await api.post("/api/v1/statuses", json=fields)
    assert (answer.status, answer.json) == (422, {"error": error})


async def test_exactly_the_limit_is_accepted_with_short_links_and_handles(api: Api) -> None:
    text = "@erika@remote.example " + "https://example.com/" + "p" * 200 + " "
    room = 500 - (len("@erika ") + 23 + 1)
    assert (await api.say(text + "x" * room)).status == 200
    assert (await api.say(text + "x" * (room + 1))).status == 422


async def test_a_key_is_honoured_for_an_hour(sandbox: Sandbox, api: Api, office: SandboxAccount, clock: Clock) -> None:
    api.headers["Idempotency-Key"] = "k1"
    first = await api.say("einmal")
    clock.advance(minutes=59)
    assert (await api.say("einmal")).json["id"] == first.json["id"]
    clock.advance(minutes=1)
    assert (await api.say("einmal")).json["id"] != first.json["id"]
    assert len(sandbox.statuses_of(office)) == 2


async def test_most_servers_ignore_the_key(sandbox: Sandbox, api: Api, office: SandboxAccount) -> None:
    sandbox.faults.ignore_idempotency = True
    api.headers["Idempotency-Key"] = "k1"
    await api.say("zweimal")
    await api.say("zweimal")
    assert len(sandbox.statuses_of(office)) == 2


async def test_what_antispam_drops_is_answered_like_a_status_and_not_there(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    """Mastodon's source since 4.4: `Antispam::SilentlyDrop` in app/lib/antispam.rb, rescued in PostStatusService."""
    sandbox.faults.phantoms = 1
    api.headers["Idempotency-Key"] = "k1"
    dropped = await api.say("@erika@buerger.example spam")
    assert (dropped.status, dropped.json["url"].startswith(sandbox.url)) == (200, True)
    assert (await api.get(f"/api/v1/statuses/{dropped.json['id']}")).status == 404
    assert (sandbox.statuses_of(office), erika.mentions) == ([], [])
    # Its key is not remembered.
    assert (await api.say("@erika@buerger.example spam")).json["id"] != dropped.json["id"]
    assert len(sandbox.statuses_of(office)) == 1


@pytest.mark.parametrize(
    ("visibility", "public", "stranger", "follower"),
    [
        ("public", 200, 200, 200),
        ("unlisted", 200, 200, 200),
        ("private", 404, 404, 200),
        ("direct", 404, 404, 404),
    ],
)
async def test_who_may_see_what(
    sandbox: Sandbox,
    api: Api,
    erika: SandboxAccount,
    visibility: str,
    public: int,
    stranger: int,
    follower: int,
) -> None:
    nosy, friend = sandbox.add_account("neugierig"), sandbox.add_account("freund")
    friend.follow(erika)
    status = await erika.post("@bsi Frage", visibility=visibility)
    path = f"/api/v1/statuses/{status.id}"
    seen = [(await api.as_(token).get(path)).status for token in (None, nosy.token, friend.token, api.token)]
    assert seen == [public, stranger, follower, 200]


async def test_owners_list_their_direct_statuses_and_others_do_not(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    await api.say("offen")
    await api.say("@erika@remote.example vertraulich", visibility="direct")
    office.boost(await erika.post("weitersagen"))
    path = f"/api/v1/accounts/{office.id}/statuses"
    assert len((await api.get(path)).json) == 3
    assert len((await api.get(f"{path}?exclude_reblogs=true")).json) == 2
    assert len((await api.as_(None).get(path)).json) == 2
    assert len((await api.get(f"{path}?limit=1")).json) == 1
    assert sandbox.statuses_of(office)[2].reblog_of is not None


async def test_the_context_holds_what_the_caller_may_see(sandbox: Sandbox, api: Api, erika: SandboxAccount) -> None:
    root = await erika.post("@bsi Frage")
    reply = await sandbox.add_account("jonas").post("auch ich", in_reply_to=root)
    secret = await erika.post("@jonas@social.example psst", in_reply_to=reply, visibility="direct")
    last = await erika.post("@bsi noch etwas", in_reply_to=reply)
    context = (await api.get(f"/api/v1/statuses/{reply.id}/context")).json
    assert [it["id"] for it in context["ancestors"]] == [root.id]
    assert [it["id"] for it in context["descendants"]] == [last.id]
    assert secret.in_reply_to is reply


async def test_own_statuses_can_be_edited_and_others_not(api: Api, erika: SandboxAccount, clock: Clock) -> None:
    mine = (await api.say("Tipfehler")).json["id"]
    clock.advance(minutes=2)
    edited = await api.put(f"/api/v1/statuses/{mine}", json={"status": "Tippfehler @erika@remote.example"})
    assert edited.json["edited_at"] == "2026-11-23T09:02:00.000Z"
    assert len(erika.mentions) == 1
    assert (await api.get(f"/api/v1/statuses/{mine}/source")).json["text"].startswith("Tippfehler")
    theirs = await erika.post("@bsi Frage")
    assert (await api.put(f"/api/v1/statuses/{theirs.id}", json={"status": "x"})).status == 404
    assert (await api.delete(f"/api/v1/statuses/{theirs.id}")).status == 404


async def test_an_edit_tells_those_who_boosted(api: Api, office: SandboxAccount, erika: SandboxAccount) -> None:
    status = await erika.post("ohne Erwähnung")
    office.boost(status)
    await erika.edit(status, "anders")
    assert [row["type"] for row in (await api.get("/api/v1/notifications")).json] == ["update"]


async def test_deleting_gives_the_source_and_orphans_the_replies(
    sandbox: Sandbox, api: Api, office: SandboxAccount, erika: SandboxAccount
) -> None:
    mine = (await api.say("@erika@remote.example weg damit")).json["id"]
    reply = await erika.post("@bsi Antwort", in_reply_to=sandbox.statuses_of(office)[0])
    deleted = await api.delete(f"/api/v1/statuses/{mine}")
    assert deleted.json["text"] == "@erika@remote.example weg damit"
    assert erika.inbox == []
    assert (await api.get(f"/api/v1/statuses/{reply.id}")).json["in_reply_to_id"] is None
    assert sandbox.statuses_of(office) == []


async def test_favour_boost_bookmark_and_pin_can_be_done_and_undone(api: Api, erika: SandboxAccount) -> None:
    status = await erika.post("@bsi Frage")
    path = f"/api/v1/statuses/{status.id}"
    assert (await api.post(f"{path}/favourite")).json["favourited"] is True
    assert (await api.post(f"{path}/bookmark")).json["bookmarked"] is True
    boost = (await api.post(f"{path}/reblog")).json
    assert (boost["reblog"]["id"], boost["reblog"]["reblogged"]) == (status.id, True)
    assert (await api.post(f"{path}/reblog")).json["id"] == boost["id"]
    assert len(erika.inbox) == 2
    assert (await api.post(f"{path}/unfavourite")).json["favourited"] is False
    assert (await api.post(f"{path}/unbookmark")).json["bookmarked"] is False
    assert (await api.post(f"{path}/unreblog")).json["reblogged"] is False
    assert erika.inbox == []
    assert (await api.post(f"{path}/pin")).status == 422
    mine = (await api.say("Wichtig")).json["id"]
    assert (await api.post(f"/api/v1/statuses/{mine}/pin")).json["pinned"] is True
    assert (await api.post(f"/api/v1/statuses/{mine}/unpin")).json["pinned"] is False


async def test_private_statuses_of_others_cannot_be_boosted(api: Api, erika: SandboxAccount) -> None:
    status = await erika.post("@bsi vertraulich", visibility="direct")
    assert (await api.post(f"/api/v1/statuses/{status.id}/reblog")).status == 403


async def test_nobody_edits_or_answers_what_is_not_theirs_to(
    api: Api, erika: SandboxAccount, office: SandboxAccount
) -> None:
    status = await office.post("intern", visibility="direct")
    with pytest.raises(ValueError, match="cannot reply"):
        await erika.post("was steht da?", in_reply_to=status)
    with pytest.raises(ValueError, match="cannot change"):
        await erika.edit(status, "x")


async def test_the_web_page_of_a_status_shows_it_escaped(api: Api, erika: SandboxAccount) -> None:
    erika.display_name = "<b>Erika</b>"
    status = await erika.post("@bsi <i>Frage</i>")
    url = (await api.get(f"/api/v1/statuses/{status.id}")).json["url"]
    page = await api.as_(None).get(url.removeprefix(api.url))
    assert page.status == 200
    assert "&lt;i&gt;Frage" in page.text
    assert "<b>" not in page.text


async def test_many_are_shown_in_one_request_but_for_those_that_the_caller_may_not_see(
    api: Api, erika: SandboxAccount
) -> None:
    """https://docs.joinmastodon.org/methods/statuses/#index (4.3); more than twenty: statuses_controller.rb."""
    public = await erika.post("@bsi Hallo")
    private = await erika.post("@bsi nur für Sie", visibility="direct")
    others = await erika.post("für andere", visibility="direct")
    query = "&".join(f"id[]={one}" for one in (public.id, private.id, others.id, "404404", public.id))
    assert set((await api.get(f"/api/v1/statuses?{query}")).ids) == {public.id, private.id}
    assert (await api.get("/api/v1/statuses")).json == []
    assert (await api.get("/api/v1/statuses?" + "&".join(["id[]=1"] * 21))).status == 422
