"""The full-text index as migration 0001 makes it, by dialect."""

# ruff: noqa: E501

SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search USING fts5(words, home, tokenize = 'unicode61 remove_diacritics 2')",
        """CREATE VIEW ticket_words AS
  SELECT ticket, substr(json_extract(status, '$.author.name') || ' ' || json_extract(status, '$.author.acct') || ' '
    || json_extract(status, '$.content_warning') || ' ' || json_extract(status, '$.text'), 1, 20000) AS words,
    NULL AS home
  FROM mentions
  UNION ALL SELECT ticket, substr(text, 1, 20000), NULL FROM posts WHERE state = 'published'
  UNION ALL SELECT ticket, NULL, substr(text, 1, 20000) FROM posts WHERE state <> 'published'
  UNION ALL SELECT ticket, NULL, substr(text, 1, 20000) FROM history""",
        """CREATE TRIGGER search_mentions_added AFTER INSERT ON mentions
BEGIN
  DELETE FROM search WHERE rowid = new.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT new.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.ticket;
END""",
        """CREATE TRIGGER search_mentions_changed AFTER UPDATE OF status ON mentions
BEGIN
  DELETE FROM search WHERE rowid = new.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT new.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.ticket;
END""",
        """CREATE TRIGGER search_mentions_gone AFTER DELETE ON mentions WHEN EXISTS (SELECT 1 FROM search WHERE rowid = old.ticket)
BEGIN
  DELETE FROM search WHERE rowid = old.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT old.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = old.ticket;
END""",
        """CREATE TRIGGER search_posts_added AFTER INSERT ON posts WHEN new.ticket IS NOT NULL
BEGIN
  DELETE FROM search WHERE rowid = new.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT new.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.ticket;
END""",
        """CREATE TRIGGER search_posts_changed AFTER UPDATE OF text ON posts WHEN old.text <> new.text AND new.ticket IS NOT NULL AND (new.text <> '' OR EXISTS (SELECT 1 FROM search WHERE rowid = old.ticket))
BEGIN
  DELETE FROM search WHERE rowid = new.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT new.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.ticket;
END""",
        """CREATE TRIGGER search_posts_out AFTER UPDATE OF state ON posts WHEN (old.state = 'published') <> (new.state = 'published') AND new.ticket IS NOT NULL
BEGIN
  DELETE FROM search WHERE rowid = new.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT new.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.ticket;
END""",
        """CREATE TRIGGER search_posts_gone AFTER DELETE ON posts WHEN EXISTS (SELECT 1 FROM search WHERE rowid = old.ticket)
BEGIN
  DELETE FROM search WHERE rowid = old.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT old.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = old.ticket;
END""",
        """CREATE TRIGGER search_history_added AFTER INSERT ON history WHEN new.text <> '' AND new.ticket IS NOT NULL
BEGIN
  DELETE FROM search WHERE rowid = new.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT new.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.ticket;
END""",
        """CREATE TRIGGER search_history_changed AFTER UPDATE OF text ON history WHEN old.text <> new.text AND new.ticket IS NOT NULL AND (new.text <> '' OR EXISTS (SELECT 1 FROM search WHERE rowid = old.ticket))
BEGIN
  DELETE FROM search WHERE rowid = new.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT new.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.ticket;
END""",
        """CREATE TRIGGER search_history_gone AFTER DELETE ON history WHEN old.text <> '' AND EXISTS (SELECT 1 FROM search WHERE rowid = old.ticket)
BEGIN
  DELETE FROM search WHERE rowid = old.ticket;
  INSERT INTO search (rowid, words, home)
    SELECT old.ticket, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = old.ticket;
END""",
        """CREATE TRIGGER search_tickets_merged AFTER UPDATE OF merged_into ON tickets WHEN new.merged_into IS NOT NULL AND new.merged_into IS NOT old.merged_into
BEGIN
  DELETE FROM search WHERE rowid = new.id;
  INSERT INTO search (rowid, words, home)
    SELECT new.id, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.id;
  DELETE FROM search WHERE rowid = new.merged_into;
  INSERT INTO search (rowid, words, home)
    SELECT new.merged_into, group_concat(words, ' '), group_concat(home, ' ')
    FROM ticket_words WHERE ticket = new.merged_into;
END""",
        "CREATE TRIGGER search_tickets_gone AFTER DELETE ON tickets BEGIN DELETE FROM search WHERE rowid = old.id; END",
    ),
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS unaccent",
        "CREATE TEXT SEARCH CONFIGURATION fedichat (COPY = simple)",
        "ALTER TEXT SEARCH CONFIGURATION fedichat ALTER MAPPING FOR word, hword, hword_part, numword WITH unaccent, simple",
        "CREATE TABLE search (rowid BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX search_words ON search USING gin (words)",
        """CREATE VIEW ticket_words AS
  SELECT ticket, left(concat_ws(' ', status -> 'author' ->> 'name', status -> 'author' ->> 'acct',
    status ->> 'content_warning', status ->> 'text'), 20000) AS words, NULL::text AS home
  FROM mentions
  UNION ALL SELECT ticket, left(text, 20000), NULL FROM posts WHERE state = 'published'
  UNION ALL SELECT ticket, NULL, left(text, 20000) FROM posts WHERE state <> 'published'
  UNION ALL SELECT ticket, NULL, left(text, 20000) FROM history""",
        r"""CREATE FUNCTION search_keep(number BIGINT) RETURNS void LANGUAGE sql AS $$
  INSERT INTO search (rowid, words)
    SELECT number, setweight(to_tsvector('fedichat', coalesce(translate(left(string_agg(words, ' '), 200000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '), '')), 'A') || setweight(to_tsvector('fedichat', coalesce(translate(left(string_agg(home, ' '), 200000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                '), '')), 'B')
    FROM ticket_words WHERE ticket = number
    ON CONFLICT (rowid) DO UPDATE SET words = excluded.words
$$""",
        """CREATE FUNCTION search_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_keep(NEW.ticket);
  RETURN NULL;
END $$""",
        """CREATE FUNCTION search_reworded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.text <> '' OR EXISTS (SELECT 1 FROM search WHERE rowid = OLD.ticket) THEN
    PERFORM search_keep(NEW.ticket);
  END IF;
  RETURN NULL;
END $$""",
        """CREATE FUNCTION search_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM search WHERE rowid = OLD.ticket) THEN
    PERFORM search_keep(OLD.ticket);
  END IF;
  RETURN NULL;
END $$""",
        """CREATE FUNCTION search_merged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM search_keep(NEW.id);
  PERFORM search_keep(NEW.merged_into);
  RETURN NULL;
END $$""",
        """CREATE FUNCTION search_ticket_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM search WHERE rowid = OLD.id;
  RETURN NULL;
END $$""",
        "CREATE TRIGGER search_mentions_added AFTER INSERT ON mentions FOR EACH ROW EXECUTE FUNCTION search_added()",
        "CREATE TRIGGER search_mentions_changed AFTER UPDATE OF status ON mentions FOR EACH ROW EXECUTE FUNCTION search_added()",
        "CREATE TRIGGER search_mentions_gone AFTER DELETE ON mentions FOR EACH ROW EXECUTE FUNCTION search_gone()",
        "CREATE TRIGGER search_posts_added AFTER INSERT ON posts FOR EACH ROW WHEN (NEW.ticket IS NOT NULL) EXECUTE FUNCTION search_added()",
        "CREATE TRIGGER search_posts_changed AFTER UPDATE OF text ON posts FOR EACH ROW WHEN (OLD.text <> NEW.text AND NEW.ticket IS NOT NULL) EXECUTE FUNCTION search_reworded()",
        "CREATE TRIGGER search_posts_out AFTER UPDATE OF state ON posts FOR EACH ROW WHEN ((OLD.state = 'published') <> (NEW.state = 'published') AND NEW.ticket IS NOT NULL) EXECUTE FUNCTION search_added()",
        "CREATE TRIGGER search_posts_gone AFTER DELETE ON posts FOR EACH ROW EXECUTE FUNCTION search_gone()",
        "CREATE TRIGGER search_history_added AFTER INSERT ON history FOR EACH ROW WHEN (NEW.text <> '' AND NEW.ticket IS NOT NULL) EXECUTE FUNCTION search_added()",
        "CREATE TRIGGER search_history_changed AFTER UPDATE OF text ON history FOR EACH ROW WHEN (OLD.text <> NEW.text AND NEW.ticket IS NOT NULL) EXECUTE FUNCTION search_reworded()",
        "CREATE TRIGGER search_history_gone AFTER DELETE ON history FOR EACH ROW WHEN (OLD.text <> '') EXECUTE FUNCTION search_gone()",
        "CREATE TRIGGER search_tickets_merged AFTER UPDATE OF merged_into ON tickets FOR EACH ROW WHEN (NEW.merged_into IS NOT NULL AND NEW.merged_into IS DISTINCT FROM OLD.merged_into) EXECUTE FUNCTION search_merged()",
        "CREATE TRIGGER search_tickets_gone AFTER DELETE ON tickets FOR EACH ROW EXECUTE FUNCTION search_ticket_gone()",
    ),
}
