-- A restore must put rows back without waking any of these.
CREATE FUNCTION zoo.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rows are refused by %', TG_NAME; END $$;
CREATE FUNCTION zoo.mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.marked := NEW.marked || '+' || TG_NAME; RETURN NEW; END $$;
CREATE FUNCTION zoo.copy_away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO zoo.copied_away VALUES (NEW.id); RETURN NULL; END $$;
CREATE TABLE zoo.copied_away (id int);
CREATE TABLE zoo.refusing (id int PRIMARY KEY, marked text DEFAULT '');
INSERT INTO zoo.refusing VALUES (1, 'before the trigger'), (2, '');
CREATE TRIGGER refuse_row BEFORE INSERT ON zoo.refusing FOR EACH ROW EXECUTE FUNCTION zoo.refuse();
CREATE TRIGGER refuse_statement BEFORE INSERT OR TRUNCATE ON zoo.refusing FOR EACH STATEMENT EXECUTE FUNCTION zoo.refuse();
CREATE TABLE zoo.marking (id int PRIMARY KEY, marked text DEFAULT '', at timestamptz);
INSERT INTO zoo.marking VALUES (1, 'untouched', NULL), (2, '', NULL);
CREATE TRIGGER normal BEFORE INSERT OR UPDATE OF marked ON zoo.marking FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION zoo.mark('arg', 'it''s "x" \', '한글');
CREATE TRIGGER disabled BEFORE INSERT ON zoo.marking FOR EACH ROW EXECUTE FUNCTION zoo.mark();
CREATE TRIGGER always BEFORE INSERT ON zoo.marking FOR EACH ROW EXECUTE FUNCTION zoo.mark();
CREATE TRIGGER replica BEFORE INSERT ON zoo.marking FOR EACH ROW EXECUTE FUNCTION zoo.mark();
CREATE TRIGGER copying AFTER INSERT ON zoo.marking REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION zoo.refuse();
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON zoo.marking DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION zoo.copy_away();
CREATE TRIGGER "odd ""trigger"" 이름" AFTER DELETE ON zoo.marking FOR EACH ROW EXECUTE FUNCTION zoo.refuse();
ALTER TABLE zoo.marking DISABLE TRIGGER disabled, ENABLE ALWAYS TRIGGER always, ENABLE REPLICA TRIGGER replica;
COMMENT ON TRIGGER normal ON zoo.marking IS '보통';

CREATE FUNCTION zoo.watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;
CREATE EVENT TRIGGER zoo_watch ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION zoo.watch();
CREATE EVENT TRIGGER zoo_watch_off ON sql_drop EXECUTE FUNCTION zoo.watch();
ALTER EVENT TRIGGER zoo_watch_off DISABLE;
COMMENT ON EVENT TRIGGER zoo_watch IS 'does nothing';

CREATE TABLE zoo.ruled (id int PRIMARY KEY, body text);
INSERT INTO zoo.ruled VALUES (1, 'one'), (2, 'two');
CREATE RULE also_log AS ON INSERT TO zoo.ruled DO ALSO INSERT INTO zoo.copied_away VALUES (NEW.id);
CREATE RULE nothing_on_delete AS ON DELETE TO zoo.ruled WHERE OLD.id = 1 DO INSTEAD NOTHING;
CREATE RULE sleeping AS ON UPDATE TO zoo.ruled DO ALSO NOTIFY ruled;
ALTER TABLE zoo.ruled DISABLE RULE sleeping;
COMMENT ON RULE also_log ON zoo.ruled IS 'a second row';
CREATE VIEW zoo.ruled_view AS SELECT id, upper(body) AS body FROM zoo.ruled;
CREATE RULE through AS ON INSERT TO zoo.ruled_view DO INSTEAD INSERT INTO zoo.ruled VALUES (NEW.id, NEW.body) RETURNING id, body;
CREATE VIEW zoo.triggered_view AS SELECT id, marked FROM zoo.marking;
CREATE TRIGGER instead INSTEAD OF INSERT ON zoo.triggered_view FOR EACH ROW EXECUTE FUNCTION zoo.refuse();
