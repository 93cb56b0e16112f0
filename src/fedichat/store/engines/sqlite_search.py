"""The full-text index in SQLite: an FTS5 table and the triggers that keep it."""

_SEARCH_INDEX = "CREATE VIRTUAL TABLE search USING fts5(words, home, tokenize = 'unicode61 remove_diacritics 2')"

# Only the beginning of a giant text is found: indexing the rest with every step would cost too much.
_TICKET_WORDS = """CREATE VIEW ticket_words AS
  SELECT ticket, substr(json_extract(status, '$.author.name') || ' ' || json_extract(status, '$.author.acct') || ' '
    || json_extract(status, '$.content_warning') || ' ' || json_extract(status, '$.text'), 1, 20000) AS words,
    NULL AS home
  FROM mentions
  UNION ALL SELECT ticket, substr(text, 1, 20000), NULL FROM posts WHERE state = 'published'
  UNION ALL SELECT ticket, NULL, substr(text, 1, 20000) FROM posts WHERE state <> 'published'
  UNION ALL SELECT ticket, NULL, substr(text, 1, 20000) FROM history"""


def _kept(name: str, when: str, *tickets: str) -> str:
    """A trigger that puts the words of these tickets, columns of the `old` or `new` row, into the index as they are."""
    each = "".join(
        f"""
  DELETE FROM search WHERE rowid = {ticket};
  INSERT INTO search (rowid, words, home)
    SELECT {ticket}, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = {ticket};"""  # noqa: S608 - our own words
        for ticket in tickets
    )
    return f"CREATE TRIGGER search_{name} AFTER {when}\nBEGIN{each}\nEND"


_IS_OUT = "(old.state = 'published') <> (new.state = 'published')"

# Whoever takes all words from a ticket takes it out of the index first, and need not read it anew with each of them.
_IS_FOUND = "EXISTS (SELECT 1 FROM search WHERE rowid = old.ticket)"
_IS_REWORDED = f"old.text <> new.text AND new.ticket IS NOT NULL AND (new.text <> '' OR {_IS_FOUND})"
_IS_MERGED = "new.merged_into IS NOT NULL AND new.merged_into IS NOT old.merged_into"

SEARCH = (
    _SEARCH_INDEX,
    _TICKET_WORDS,
    _kept("mentions_added", "INSERT ON mentions", "new.ticket"),
    _kept("mentions_changed", "UPDATE OF status ON mentions", "new.ticket"),
    _kept("mentions_gone", f"DELETE ON mentions WHEN {_IS_FOUND}", "old.ticket"),
    _kept("posts_added", "INSERT ON posts WHEN new.ticket IS NOT NULL", "new.ticket"),
    _kept("posts_changed", f"UPDATE OF text ON posts WHEN {_IS_REWORDED}", "new.ticket"),
    _kept("posts_out", f"UPDATE OF state ON posts WHEN {_IS_OUT} AND new.ticket IS NOT NULL", "new.ticket"),
    _kept("posts_gone", f"DELETE ON posts WHEN {_IS_FOUND}", "old.ticket"),
    _kept("history_added", "INSERT ON history WHEN new.text <> '' AND new.ticket IS NOT NULL", "new.ticket"),
    _kept(
        "history_changed",
        f"UPDATE OF text ON history WHEN {_IS_REWORDED}",
        "new.ticket",
    ),
    _kept("history_gone", f"DELETE ON history WHEN old.text <> '' AND {_IS_FOUND}", "old.ticket"),
    _kept("tickets_merged", f"UPDATE OF merged_into ON tickets WHEN {_IS_MERGED}", "new.id", "new.merged_into"),
    "CREATE TRIGGER search_tickets_gone AFTER DELETE ON tickets BEGIN DELETE FROM search WHERE rowid = old.id; END",
)
"""The full-text index, which SQLAlchemy's tables cannot say: a row for each ticket, by its number, with its words.

`words` are what citizens wrote and what was published, which every room of the ticket reads; `home` are drafts, notes
and reasons, which are for the ticket's own room and for supervisors.

Triggers keep it: whatever makes words come, change or go does so in the index too, in the same transaction. Words only
move from ticket to ticket in a merge, and the index follows when that is recorded: by message it would be read anew for
each of them.
"""
