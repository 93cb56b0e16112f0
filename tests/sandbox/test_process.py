"""The sandbox as a process of its own, and its control interface."""

import asyncio
import re
import signal
import sys

import aiohttp

from fedichat.sandbox import Sandbox, SandboxAccount
from tests.sandbox.conftest import Api


async def test_tests_can_speak_for_citizens_and_see_what_reached_them(
    sandbox: Sandbox, api: Api, office: SandboxAccount
) -> None:
    question = await api.post(
        "/sandbox/post", json={"author": "erika@remote.example", "text": "@bsi Frage", "visibility": "direct"}
    )
    assert (question.json["visibility"], question.json["mentions"]) == ("direct", ["bsi"])
    edited = await api.post("/sandbox/edit", json={"id": question.json["id"], "text": "@bsi Frage?"})
    assert edited.json["text"] == "@bsi Frage?"
    await api.say("@erika@remote.example Ja", in_reply_to_id=question.json["id"], visibility="direct")
    published = (await api.get("/sandbox/statuses?account=bsi")).json
    inbox = (await api.get("/sandbox/inbox?account=erika@remote.example")).json
    assert [row["status"] for row in inbox] == published
    assert published[0]["in_reply_to_id"] == question.json["id"]
    assert (await api.post("/sandbox/delete", json={"id": question.json["id"]})).status == 200
    assert office.inbox == []
    assert (await api.get("/sandbox/health")).json["statuses"] == 1


async def test_the_sandbox_says_how_often_it_was_asked_for_what(sandbox: Sandbox, api: Api) -> None:
    for _ in range(2):
        await api.get("/api/v1/notifications?limit=1")
    await api.get("/api/v1/streaming")  # counted, although it is no WebSocket
    health = (await api.get("/sandbox/health")).json
    assert health["asked"] == {"GET /api/v1/notifications": 2, "GET /api/v1/streaming": 1}
    assert health["requests"] == sandbox.gate.requests == 3


async def test_tests_can_turn_the_knobs(sandbox: Sandbox, api: Api, erika: SandboxAccount) -> None:
    rule = {"kind": "drop", "method": "POST", "path": "/statuses$", "after": True}
    knobs = {"rules": [rule], "malform": "status null", "ignore_idempotency": True, "commit_delay": [0, 0.01]}
    assert (await api.post("/sandbox/faults", json=knobs)).status == 200
    assert sandbox.faults.ignore_idempotency
    assert sandbox.faults.commit_delay == (0.0, 0.01)
    fault = sandbox.faults.take("POST", "/api/v1/statuses")
    assert fault is not None
    assert fault.after
    for nonsense in ({"malform": "x"}, {"knob": 1}, {"rules": [{"kind": "x"}]}, {"rules": [{"colour": 1}]}):
        assert (await api.post("/sandbox/faults", json=nonsense)).status == 400
    assert (await api.post("/sandbox/post", json={"author": "x"})).status == 400
    assert (await api.get("/sandbox/inbox?account=nobody")).status == 404


async def test_it_runs_and_stops_as_a_process() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fedichat.sandbox",
        "--account",
        "amt",
        "--token",
        "geheim",
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        found = re.fullmatch(r"sandbox-ready url=(\S+) account=amt token=geheim\n", line)
        assert found is not None
        async with aiohttp.ClientSession() as session:
            api = Api(session, found[1], "geheim")
            assert (await api.get("/api/v1/accounts/verify_credentials")).json["username"] == "amt"
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0
