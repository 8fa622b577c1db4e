CREATE TABLE zoo.guarded (id int PRIMARY KEY, owner name, secret text, public_part text);
INSERT INTO zoo.guarded SELECT i, (ARRAY['zoo_owner', 'zoo_reader', 'zoo.역할'])[1 + i % 3], md5(i::text), 'p' FROM generate_series(1, 300) i;
ALTER TABLE zoo.guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE zoo.guarded FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON zoo.guarded USING (owner = current_user) WITH CHECK (owner = current_user AND secret <> '');
CREATE POLICY "읽기 ""전용""" ON zoo.guarded AS PERMISSIVE FOR SELECT TO zoo_reader, "zoo.역할" USING (id % 2 = 0);
CREATE POLICY narrow ON zoo.guarded AS RESTRICTIVE FOR UPDATE TO "zoo writer" USING (true) WITH CHECK (EXISTS (SELECT FROM zoo.tree t WHERE t.id = guarded.id));
CREATE POLICY erase ON zoo.guarded FOR DELETE TO PUBLIC USING (false);
COMMENT ON POLICY own ON zoo.guarded IS '자기 것만';
ALTER TABLE zoo.guarded OWNER TO zoo_owner;
-- Policies without row security, and row security without policies: both are states of their own.
CREATE TABLE zoo.policies_asleep (id int); CREATE POLICY asleep ON zoo.policies_asleep USING (id > 0);
CREATE TABLE zoo.locked_away (id int); ALTER TABLE zoo.locked_away ENABLE ROW LEVEL SECURITY; INSERT INTO zoo.locked_away VALUES (1);
ALTER TABLE zoo.locked_away FORCE ROW LEVEL SECURITY; ALTER TABLE zoo.locked_away OWNER TO zoo_owner;

GRANT SELECT (id, public_part), UPDATE (public_part), REFERENCES (id) ON zoo.guarded TO zoo_reader;
GRANT SELECT ("한글 열"), INSERT ("col.umn ""x""") ON "odd.sch""ema '한글'"."tab.le ""q"" 'a' 100% $1 \ /*x*/ --" TO "zoo.역할";
GRANT SELECT ON zoo.texts TO PUBLIC;
GRANT SELECT, INSERT ON zoo.guarded TO "zoo writer" WITH GRANT OPTION;
GRANT TRIGGER, TRUNCATE ON zoo.texts TO "zoo.역할";
REVOKE ALL ON zoo.locked_away FROM zoo_owner;
-- Granted by someone who is not the owner.
SET SESSION AUTHORIZATION "zoo writer";
GRANT SELECT ON zoo.guarded TO "zoo.역할" WITH GRANT OPTION;
RESET SESSION AUTHORIZATION;

ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner IN SCHEMA zoo GRANT SELECT ON TABLES TO zoo_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner IN SCHEMA zoo GRANT ALL ON SEQUENCES TO "zoo writer" WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE "zoo.역할" GRANT USAGE ON SCHEMAS TO zoo_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE zoo_owner REVOKE USAGE ON TYPES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA helpers GRANT EXECUTE ON FUNCTIONS TO zoo_reader;
GRANT SELECT ON pg_catalog.pg_authid TO zoo_reader;
REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC;

SET ROLE zoo_owner;
CREATE TABLE zoo.born_with_defaults (id serial PRIMARY KEY, body text);
INSERT INTO zoo.born_with_defaults (body) VALUES ('주인의 것');
RESET ROLE;

-- Publications and statistics.
CREATE TABLE zoo.published (id int PRIMARY KEY, body text, hidden text);
INSERT INTO zoo.published VALUES (1, 'b', 'h');
CREATE PUBLICATION zoo_everything FOR ALL TABLES WITH (publish = 'insert, truncate');
CREATE PUBLICATION "zoo 부분" FOR TABLE zoo.published (id, body) WHERE (id > 10 AND body <> 'x'), TABLE ONLY zoo.animals;
CREATE PUBLICATION zoo_schemas FOR TABLES IN SCHEMA helpers, "odd.sch""ema '한글'" WITH (publish_via_partition_root);
CREATE PUBLICATION zoo_nothing;
ALTER PUBLICATION zoo_nothing OWNER TO zoo_owner;
COMMENT ON PUBLICATION zoo_everything IS '모든 테이블';
CREATE STATISTICS zoo.seen_together (ndistinct, dependencies) ON n, body FROM zoo.no_key;
CREATE STATISTICS zoo."통계" (mcv) ON (n % 7), (lower(body)) FROM zoo.no_key;
ALTER STATISTICS zoo.seen_together SET STATISTICS 77;
ALTER STATISTICS zoo.seen_together OWNER TO zoo_owner;
COMMENT ON STATISTICS zoo.seen_together IS '함께';
