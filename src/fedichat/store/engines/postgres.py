"""PostgreSQL: how its SQL is written, and the full-text index that stands there for SQLite's.

The index is a table with a `tsvector` for each ticket, kept by triggers. What only the ticket's own room may find bears
the weight B, so that a search can leave it out (https://www.postgresql.org/docs/current/textsearch-controls.html).
"""

import re
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from fedichat.store.engines.base import IsFound, Sought, SoughtType, json_objects, json_texts


@compiles(json_texts, "postgresql")
def _json_texts(function: json_texts, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"json_array_elements_text({compiler.process(function.clauses, **options)})"


@compiles(json_objects, "postgresql")
def _json_objects(function: json_objects, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"json_array_elements({compiler.process(function.clauses, **options)})"


@compiles(IsFound, "postgresql")
def _is_found(clause: IsFound, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    return f"search.words @@ to_tsquery('fedichat', {compiler.process(clause.sought, **options)})"


def _query(sought: Sought) -> str:
    """The words as `to_tsquery` takes them: letters and digits only, so that nothing in them is an operator.

    What is written as one word, with a hyphen perhaps, must be found in one piece.
    """
    weight = "" if sought.everywhere else "A"
    words = [re.findall(r"[^\W_]+", word) for word in sought.words.split()]
    parts = [[f"{part}:{weight}" if weight else part for part in word] for word in words if word]
    if parts:
        last = words[-1][-1] if words[-1] else ""
        if last:
            parts[-1][-1] = f"{last}:*{weight}"
    return " & ".join(f"({' <-> '.join(word)})" for word in parts)


SoughtType.written["postgresql"] = _query


# Punctuation becomes space, so that words are parted as SQLite's index parts them: else PostgreSQL takes an address on
# the web, or a name with an @, for one word.
_PUNCTUATION = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~"
_SPACES = " " * (len(_PUNCTUATION) - 1)  # two apostrophes are one

# A tsvector holds one megabyte at most.
_MOST = 200_000


def _vector(column: str, weight: str) -> str:
    words = f"translate(left(string_agg({column}, ' '), {_MOST}), '{_PUNCTUATION}', '{_SPACES}')"
    return f"setweight(to_tsvector('fedichat', coalesce({words}, '')), '{weight}')"


# Only the beginning of a giant text is found: indexing the rest with every step would cost too much.
_TICKET_WORDS = """CREATE VIEW ticket_words AS
  SELECT ticket, left(concat_ws(' ', status -> 'author' ->> 'name', status -> 'author' ->> 'acct',
    status ->> 'content_warning', status ->> 'text'), 20000) AS words, NULL::text AS home
  FROM mentions
  UNION ALL SELECT ticket, left(text, 20000), NULL FROM posts WHERE state = 'published'
  UNION ALL SELECT ticket, NULL, left(text, 20000) FROM posts WHERE state <> 'published'
  UNION ALL SELECT ticket, NULL, left(text, 20000) FROM history"""

_KEEP = f"""CREATE FUNCTION search_keep(number BIGINT) RETURNS void LANGUAGE sql AS $$
  INSERT INTO search (rowid, words)
    SELECT number, {_vector("words", "A")} || {_vector("home", "B")}
    FROM ticket_words WHERE ticket = number
    ON CONFLICT (rowid) DO UPDATE SET words = excluded.words
$$"""  # noqa: S608 - our own words

# Whoever takes all words from a ticket takes it out of the index first, and need not read it again with each of them.
_ADDED = """CREATE FUNCTION search_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_keep(NEW.ticket);
  RETURN NULL;
END $$"""

_REWORDED = """CREATE FUNCTION search_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.text <> '' OR EXISTS (SELECT 1 FROM search WHERE rowid = OLD.ticket) THEN
    PERFORM search_keep(NEW.ticket);
  END IF;
  RETURN NULL;
END $$"""

_GONE = """CREATE FUNCTION search_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM search WHERE rowid = OLD.ticket) THEN
    PERFORM search_keep(OLD.ticket);
  END IF;
  RETURN NULL;
END $$"""

_MERGED = """CREATE FUNCTION search_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_keep(NEW.id);
  PERFORM search_keep(NEW.merged_into);
  RETURN NULL;
END $$"""

_TICKET_GONE = """CREATE FUNCTION search_ticket_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM search WHERE rowid = OLD.id;
  RETURN NULL;
END $$"""


def _trigger(name: str, when: str, function: str, condition: str = "") -> str:
    only = f" WHEN ({condition})" if condition else ""
    return f"CREATE TRIGGER search_{name} AFTER {when} FOR EACH ROW{only} EXECUTE FUNCTION {function}()"


_IS_REWORDED = "OLD.text <> NEW.text AND NEW.ticket IS NOT NULL"
_IS_OUT = "(OLD.state = 'published') <> (NEW.state = 'published') AND NEW.ticket IS NOT NULL"
_IS_MERGED = "NEW.merged_into IS NOT NULL AND NEW.merged_into IS DISTINCT FROM OLD.merged_into"

SEARCH = (
    "CREATE EXTENSION IF NOT EXISTS unaccent",
    "CREATE TEXT SEARCH CONFIGURATION fedichat (COPY = simple)",
    "ALTER TEXT SEARCH CONFIGURATION fedichat ALTER MAPPING FOR word, hword, hword_part, numword WITH unaccent, simple",
    "CREATE TABLE search (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
    "CREATE INDEX search_words ON search USING gin (words)",
    _TICKET_WORDS,
    _KEEP,
    _ADDED,
    _REWORDED,
    _GONE,
    _MERGED,
    _TICKET_GONE,
    _trigger("mentions_added", "INSERT ON mentions", "search_added"),
    _trigger("mentions_changed", "UPDATE OF status ON mentions", "search_added"),
    _trigger("mentions_gone", "DELETE ON mentions", "search_gone"),
    _trigger("posts_added", "INSERT ON posts", "search_added", "NEW.ticket IS NOT NULL"),
    _trigger("posts_changed", "UPDATE OF text ON posts", "search_reworded", _IS_REWORDED),
    _trigger("posts_out", "UPDATE OF state ON posts", "search_added", _IS_OUT),
    _trigger("posts_gone", "DELETE ON posts", "search_gone"),
    _trigger("history_added", "INSERT ON history", "search_added", "NEW.text <> '' AND NEW.ticket IS NOT NULL"),
    _trigger("history_changed", "UPDATE OF text ON history", "search_reworded", _IS_REWORDED),
    _trigger("history_gone", "DELETE ON history", "search_gone", "OLD.text <> ''"),
    _trigger("tickets_merged", "UPDATE OF merged_into ON tickets", "search_merged", _IS_MERGED),
    _trigger("tickets_gone", "DELETE ON tickets", "search_ticket_gone"),
)
"""The full-text index, which SQLAlchemy's tables cannot say; what is in it and when is as in `sqlite_search`.

`unaccent` comes with PostgreSQL (in Debian's package; elsewhere in its "contrib"), and the owner of a database may
install it.
"""
