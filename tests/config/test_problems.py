"""What an operator is told when the configuration is wrong."""

import pytest

from tests.config.trees import BOSS, QUOTED, ROOT, Tree, account, matrix, problems, tree

NO_ROOM = "write an alias like “#team:example.org” or an id like “!AbC123:example.org”"
BAD_INPUT: list[tuple[Tree, str]] = [
    # what must be there
    ({}, "matrix: is missing; for example: homeserver, user, password"),
    (
        tree(accounts={}),
        "accounts: is empty; at least one is needed; for example: bsi, with instance, access_token, rooms",
    ),
    (matrix(homeserver=None), "matrix.homeserver: is missing; for example: https://matrix.example.org"),
    (account(rooms={}), "accounts.bsi.rooms.team: is missing; for example: “#team:example.org”"),
    (
        account(access_token=None),
        (
            "accounts.bsi.access_token: is missing; "
            "for example: ${FEDICHAT_TOKEN}, or access_token_file with a file's name"
        ),
    ),
    (
        tree(supervisors="#x:y.org"),
        "supervisors: must be a group of keys; for example: {room: “#leitung:example.org”}",
    ),
    (
        tree(publishing=None) | {"publishing": None},
        "publishing: is empty; give it a value, or leave the key out",
    ),
    # unknown keys
    (tree(timzone="UTC"), "timzone: is not a key; did you mean “timezone”?"),
    (tree(poll_seconds=5), "poll_seconds: is not a key here; it belongs under accounts.<name>"),
    (matrix(database="x"), "matrix.database: is not a key here; it belongs at the top level"),
    (
        tree(sla={"first_response": "2 days", "policies": [{"frist_response": "1 hour"}]}),
        "sla.policies[0].frist_response: is not a key; did you mean “first_response”?",
    ),
    (
        tree(publishing={"grace": "a while"}),
        "publishing.grace: “a while” is no duration; write a number and a unit, such as “90 minutes” or “2 days”",
    ),
    (matrix(pasword_file="x"), "matrix.pasword_file: is not a key; did you mean “password_file”?"),
    (
        tree(supervisors=BOSS, digest={"when": "x"}),
        "digest.when: is not a key; the keys here are at, weekly, monthly, by_person, chart",
    ),
    # the basics
    (tree(language="fr"), "language: must be 'en' or 'de'"),
    (tree(timezone="Berlin"), "timezone: “Berlin” is not a time zone; did you mean “Europe/Berlin”?"),
    (
        tree(timezone="Europe/Brelin"),
        "timezone: “Europe/Brelin” is not a time zone; did you mean “Europe/Berlin”?",
    ),
    (tree(timezone="+01:00"), "timezone: “+01:00” is not a time zone; write it like “Europe/Berlin”"),
    (
        tree(timezone="../../etc/passwd"),
        "timezone: “../../etc/passwd” is not a time zone; write it like “Europe/Berlin”",
    ),
    (tree(timezone=1), "timezone: must be a time zone such as Europe/Berlin"),
    # the database
    (
        tree(database="postgresql+asyncpg://db/x"),
        "database: PostgreSQL is not supported yet; give the path of a file, such as “fedichat.db”",
    ),
    (
        tree(database="mysql://db/x"),
        "database: only SQLite is supported; give the path of a file, such as “fedichat.db”",
    ),
    (
        tree(database=":memory:"),
        "database: must be the path of a file, such as “fedichat.db”, without “?” or “:memory:”",
    ),
    (tree(database=7), "database: must be text: a path"),
    # Matrix
    (
        matrix(homeserver="matrix.example.org"),
        "matrix.homeserver: “matrix.example.org” is not an address; write it like “https://matrix.example.org”",
    ),
    (
        matrix(homeserver="http://matrix.example.org"),
        (
            "matrix.homeserver: “http://matrix.example.org” would send the password unencrypted; "
            "use https (http is only for this machine)"
        ),
    ),
    (
        matrix(homeserver="https://m.example.org/_matrix/client"),
        "matrix.homeserver: give only the server, without what follows it: “https://m.example.org”",
    ),
    (
        matrix(homeserver="https://bot:geheim99@m.example.org"),
        "matrix.homeserver: an address must not contain a user name or password; those have keys of their own",
    ),
    (
        matrix(homeserver="https://m.example.org:port"),
        "matrix.homeserver: this is not an address; write it like “https://social.example.org”",
    ),
    (
        matrix(user="fedichat"),
        "matrix.user: “fedichat” is not a Matrix user id; write it like “@name:example.org”",
    ),
    (
        matrix(user=None, trusted_servers=["@a:example.org"]),
        (
            "matrix.trusted_servers[0]: “@a:example.org” is not a server name; "
            "it is what follows the colon in user ids, such as “example.org”"
        ),
    ),
    (matrix(devices="verified"), "matrix.devices: must be 'signed' or 'all'"),
    (matrix(confirm="words"), "matrix.confirm: must be 'tap' or 'typed'"),
    (
        matrix(password=None),
        "matrix: needs password (or password_file), or access_token (or access_token_file) with device_id",
    ),
    (
        matrix(access_token="x1", device_id="D"),
        "matrix: has both a password and an access token; keep one of them",
    ),
    (
        matrix(password=None, access_token="x1"),
        "matrix.device_id: is missing; an access token belongs to a device, and its id is needed too",
    ),
    (
        matrix(device_id="D"),
        "matrix.device_id: belongs to an access token; with a password, the login makes the device",
    ),
    (matrix(password=12345678), f"matrix.password: must be text ({QUOTED} if it is all digits)"),
    (matrix(password="  "), "matrix.password: is empty"),
    (
        matrix(password="a\nb"),
        "matrix.password: contains a line break or another control character; it must be one line of text",
    ),
    # accounts and rooms
    (
        tree(accounts={"b si": tree()["accounts"]["bsi"]}),
        "accounts.b si: “b si” cannot be typed in a command; use letters a-z, digits, - and _",
    ),
    (account(poll_seconds=0), "accounts.bsi.poll_seconds: must be at least 1"),
    (account(poll_seconds="often"), "accounts.bsi.poll_seconds: must be a number"),
    (account(rooms={"team": "social"}), f"accounts.bsi.rooms.team: “social” is not a room; {NO_ROOM}"),
    (account(rooms={"team": "!short"}), f"accounts.bsi.rooms.team: “!short” is not a room; {NO_ROOM}"),
    (
        account(rooms={"team": None}),
        (
            f"accounts.bsi.rooms.team: is empty; it must be an alias or id {QUOTED} (otherwise YAML "
            "takes the # for a comment), "
            "such as “#team:example.org”"
        ),
    ),
    (
        account(rooms={"team": {"room": "#a:b.org", "langauge": "de"}}),
        "accounts.bsi.rooms.team.langauge: is not a key; did you mean “language”?",
    ),
    (
        account(rooms={"team": "#a:b.org", "direct": "#a:b.org"}),
        "accounts.bsi.rooms.direct: “#a:b.org” is already accounts.bsi.rooms.team; a room has one role",
    ),
    (
        tree(supervisors={"room": {"room": "#social:example.org"}}),
        "supervisors.room: “#social:example.org” is already accounts.bsi.rooms.team; a room has one role",
    ),
    (
        tree(accounts=tree()["accounts"] | {"two": tree()["accounts"]["bsi"] | {"rooms": {"team": "#b:b.org"}}}),
        "accounts.two.access_token: is already the token of accounts.bsi; each account needs its own",
    ),
    (
        tree(departments={"k": {"room": "#k:b.org", "name": "K", "keywords": [7]}}),
        f"departments.k.keywords[0]: must be a word ({QUOTED} if it is a number)",
    ),
    (
        tree(departments={"k": {"room": "#k:b.org", "name": None}}),
        "departments.k.name: is empty; it must be text",
    ),
    # publishing
    (
        tree(publishing={"confirm": "never"}),
        "publishing.confirm: only “always” is possible: nothing is published without somebody's confirmation",
    ),
    (tree(publishing={"undo_seconds": "10 s"}), "publishing.undo_seconds: must be a whole number"),
    (tree(publishing={"undo_seconds": 601}), "publishing.undo_seconds: must be at most 600"),
    (tree(publishing={"four_eyes": {"answers": 3}}), "publishing.four_eyes.answers: must be true or false"),
    (tree(publishing=True), "publishing: must be a group of keys"),
    # time
    (
        tree(sla={"first_response": "2 Werktage"}),
        ("sla.first_response: “2 Werktage” would count Saturdays; write “Arbeitstage” for the office's working days"),
    ),
    (tree(sla={"first_response": 2}), "sla.first_response: must be a duration such as “2 working days”"),
    (
        tree(sla={"first_response": "1 h", "remind_at": ["50%", "120%"]}),
        "sla.remind_at[1]: “120%” is not a percentage; write it like “50%”, between 1% and 99%",
    ),
    (tree(sla={"first_response": "1 h", "remind_at": [50]}), "sla.remind_at[0]: must be a percentage such as 50%"),
    (
        tree(sla={"first_response": "1 h", "remind_at": ["80%", "50%"]}),
        "sla: remind_at must ascend, such as [50%, 80%]",
    ),
    (
        tree(sla={"first_response": "1 h", "remind_at": "50%"}),
        "sla.remind_at: must be a list, such as [one, two]",
    ),
    (
        tree(working_hours={"mon": "16:00-08:00"}),
        "working_hours.mon: “16:00-08:00” ends before it begins; write it like “08:00-16:30”",
    ),
    (
        tree(working_hours={"mon": "16:00-0:00"}),
        ("working_hours.mon: “16:00-0:00” ends before it begins; midnight at the end of the day is written 24:00"),
    ),
    (
        tree(working_hours={"mon": "all day"}),
        (
            "working_hours.mon: “all day” is not a range of hours; "
            "write it like “08:00-16:30”, several separated by commas"
        ),
    ),
    (
        tree(working_hours={"mon": ["08:00-12:00", "11:00-13:00"]}),
        "working_hours.mon: 08:00-12:00 and 11:00-13:00 overlap",
    ),
    (
        tree(working_hours={"mon": "08:00-25:00"}),
        "working_hours.mon: “25:00” is not a time of day; write it like “08:30”",
    ),
    (
        tree(working_hours={"mon": None}),
        ("working_hours.mon: must be hours, such as “08:00-16:30”; leave the day out when the office is closed"),
    ),
    (
        tree(working_hours={"holidays": "de_nw"}),
        "working_hours.holidays: “de_nw” is not a country or state; did you mean “DE-NW”?",
    ),
    (
        tree(working_hours={"holidays": "Germany"}),
        "working_hours.holidays: “Germany” is not a country or state; write it like “DE” or “DE-NW”",
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"first_response": "1 day"}]}),
        (
            "sla.policies[0]: needs account, priority, label or visibility: "
            "what applies to every ticket belongs in sla itself"
        ),
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"priority": "soon"}]}),
        "sla.policies[0].priority: must be 'urgent', 'high', 'normal' or 'low'",
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"account": "bsy"}]}),
        "sla.policies[0].account: there is no account “bsy”",
    ),
    (
        tree(sla={"first_response": "2 days", "policies": [{"label": "x", "remind_at": ["80%", "50%"]}]}),
        "sla.policies[0]: remind_at must ascend, such as [50%, 80%]",
    ),
    (
        tree(working_hours={"holidays": "DE-XX"}),
        (
            "working_hours.holidays: “DE-XX” is no state whose holidays are known; "
            "those of DE are BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN, ST, TH"
        ),
    ),
    (
        tree(working_hours={"holidays": "QQ"}),
        "working_hours.holidays: “QQ” is no country whose holidays are known",
    ),
    (
        tree(working_hours={"holidays": "DE-NW"}),
        "working_hours: needs hours on at least one day of the week, such as mon: “08:00-16:30”",
    ),
    (
        tree(working_hours={"mon": "08:00-16:30", "half_days": {"2026-02-30": "08:00-12:00"}}),
        "working_hours.half_days.2026-02-30: must be a day that exists, such as 2026-12-24",
    ),
    (
        tree(working_hours={"mon": "08:00-16:30", "half_days": {"2026-12-24": "morning"}}),
        (
            "working_hours.half_days.2026-12-24: “morning” is not a range of hours; "
            "write it like “08:00-16:30”, several separated by commas"
        ),
    ),
    (
        tree(working_hours={"mon": "8:00-9:00", "days_off": ["2026-12-24"], "half_days": {"2026-12-24": "8:00-9:00"}}),
        "working_hours: 2026-12-24 is in both days_off and half_days; keep one of them",
    ),
    (
        tree(working_hours={"days_off": ["2026-02-30"]}),
        "working_hours.days_off[0]: must be a day that exists, such as 2026-12-24",
    ),
    (tree(supervisors=BOSS, digest={"at": "9"}), "digest.at: “9” is not a time of day; write it like “08:30”"),
    (
        tree(supervisors=BOSS, digest={"weekly": "daily"}),
        "digest.weekly: “daily” is not a weekday; write it like “mon”, or “never”",
    ),
    (tree(supervisors=BOSS, digest={"weekly": [1]}), "digest.weekly: must be a weekday such as “mon”, or “never”"),
    (tree(digest={"at": "08:30"}), "digest: needs supervisors.room: that is where it is posted"),
    (
        tree(duty={"rotation": ["ana"]}),
        "duty.rotation[0]: “ana” is not a Matrix user id; write it like “@name:example.org”",
    ),
    (
        tree(duty={"rotation": []}),
        ("duty.rotation: is empty; at least one is needed; for example: [“@ana:example.org”, “@ben:example.org”]"),
    ),
    (
        tree(duty={"rotation": ["@a:b.org"], "handover": "monday"}),
        "duty.handover: “monday” is not a weekly moment; write it like “mon 09:00”",
    ),
    (
        tree(duty={"rotation": ["@a:b.org"], "handover": "someday 9:00"}),
        "duty.handover: “someday 9:00” is not a weekly moment; write it like “mon 09:00”",
    ),
    (tree(retention={"text_days": 0}), "retention.text_days: must be at least 1"),
    (
        tree(retention={"text_days": 800}),
        "retention.history_days: must not be less than text_days (800): a text cannot outlive its history",
    ),
    # people and commands
    (tree(users={"ana": {}}), "users.ana: “ana” is not a Matrix user id; write it like “@name:example.org”"),
    (
        tree(users={"@ana:example.org": {"deny": ["!publish"]}}),
        "users.@ana:example.org.deny[0]: “!publish” is not a command; write only its name: “publish”",
    ),
    (
        tree(commands={"prefix": "/"}),
        "commands.prefix: many clients reserve “/” for their own commands; use “!” or another character",
    ),
    (
        tree(commands={"prefix": "bot "}),
        "commands.prefix: “bot ” cannot begin a command; use one to three characters such as “!”",
    ),
    (
        tree(commands={"max_age": "2 working days"}),
        ("commands.max_age: “2 working days” counts working time; a plain duration is needed here, such as “2 days”"),
    ),
    (tree(commands={"extra": ["./nowhere"]}), f"commands.extra[0]: there is no folder {ROOT}/nowhere"),
    (tree(reactions={"x": "claim"}), "reactions.x: “x” is not an emoji; write it like 👀"),
    (tree(reactions={"👀": "!x"}), "reactions.👀: “!x” is not a command; write only its name: “x”"),
]


@pytest.mark.parametrize(("config", "message"), BAD_INPUT, ids=[message for _, message in BAD_INPUT])
def test_bad_input_is_named_with_what_would_be_right(config: Tree, message: str) -> None:
    assert message in problems(config)


def test_every_problem_is_told_at_once() -> None:
    config = tree(
        language="fr",
        timezone="Berlin",
        databse="x",
        matrix={"user": "@fedichat:example.org", "password": "${NOT_THERE}"},
        supervisors={"room": "#social:example.org"},
        retention={"text_days": 9, "history_days": 3},
        users={"ana": {"deny": ["publish"]}},
    )
    assert [line.partition(": ")[0] for line in problems(config)] == [
        "matrix.password",
        "supervisors.room",
        "retention.history_days",
        "language",
        "timezone",
        "matrix.homeserver",
        "users.ana",
        "databse",
    ]
