CREATE TABLE zoo.constrained (
  id int CONSTRAINT "the key" PRIMARY KEY,
  during tstzrange, room int, low int, high int, code text, note text,
  CONSTRAINT low_high CHECK (low < high OR low IS NULL),
  CONSTRAINT no_children CHECK (id > 0) NO INHERIT,
  CONSTRAINT one_code UNIQUE (code) INCLUDE (note) DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT nulls_alike UNIQUE NULLS NOT DISTINCT (low, high),
  CONSTRAINT no_overlap EXCLUDE USING gist (room extensions.gist_int4_ops WITH =, during WITH &&) WHERE (room > 0) DEFERRABLE
);
INSERT INTO zoo.constrained VALUES
  (1, '[2026-01-01 00:00+00,2026-01-02 00:00+00)', 1, 1, 2, 'a', NULL), (2, '[2026-01-02 00:00+00,)', 1, NULL, NULL, 'b', 'x'),
  (3, '(,)', -1, NULL, 5, NULL, NULL), (4, 'empty', 1, 5, 6, NULL, NULL);
COMMENT ON CONSTRAINT low_high ON zoo.constrained IS 'in order';
-- Rows that break a constraint which was added NOT VALID must come back and stay so.
INSERT INTO zoo.constrained VALUES (100, NULL, 0, 10, 20, 'breaks', 'the rule');
ALTER TABLE zoo.constrained ADD CONSTRAINT not_for_old_rows CHECK (note <> 'the rule') NOT VALID;

CREATE TABLE zoo.husbands (id int PRIMARY KEY, wife int NOT NULL);
CREATE TABLE zoo.wives (id int PRIMARY KEY, husband int NOT NULL REFERENCES zoo.husbands DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE zoo.husbands ADD CONSTRAINT married FOREIGN KEY (wife) REFERENCES zoo.wives DEFERRABLE INITIALLY DEFERRED;
INSERT INTO zoo.husbands SELECT i, 1001 - i FROM generate_series(1, 1000) i;
INSERT INTO zoo.wives SELECT i, 1001 - i FROM generate_series(1, 1000) i;
SET CONSTRAINTS ALL IMMEDIATE;

CREATE TABLE zoo.tree (id int PRIMARY KEY, parent int REFERENCES zoo.tree ON DELETE CASCADE, path int[]);
-- Children come before their parents in the table.
INSERT INTO zoo.tree SELECT i, NULLIF(i / 2, 0), ARRAY[i] FROM generate_series(1, 2000) i ORDER BY i DESC;

CREATE TABLE zoo.parents (a int, b int, c text, PRIMARY KEY (a, b), UNIQUE (b, a));
INSERT INTO zoo.parents SELECT i, -i, 'p' FROM generate_series(1, 100) i;
CREATE TABLE zoo.children (
  id int PRIMARY KEY, a int DEFAULT 1, b int DEFAULT -1,
  CONSTRAINT full_match FOREIGN KEY (a, b) REFERENCES zoo.parents MATCH FULL ON UPDATE CASCADE ON DELETE SET DEFAULT,
  CONSTRAINT partly_null FOREIGN KEY (b, a) REFERENCES zoo.parents (b, a) ON DELETE SET NULL (b)
);
INSERT INTO zoo.children SELECT i, i, -i FROM generate_series(1, 100) i; INSERT INTO zoo.children VALUES (101, NULL, NULL);
CREATE TABLE zoo.orphans (id int PRIMARY KEY, parent int);
INSERT INTO zoo.orphans VALUES (1, 1), (2, 424242);
ALTER TABLE zoo.orphans ADD CONSTRAINT unproven FOREIGN KEY (parent) REFERENCES zoo.tree NOT VALID;
COMMENT ON CONSTRAINT unproven ON zoo.orphans IS 'row 2 has no parent';

-- A constraint made from an index, and a foreign key on a unique index that is no constraint.
CREATE TABLE zoo.promoted (id int NOT NULL, code text);
CREATE UNIQUE INDEX promoted_index ON zoo.promoted (id); ALTER TABLE zoo.promoted ADD PRIMARY KEY USING INDEX promoted_index;
CREATE UNIQUE INDEX promoted_code ON zoo.promoted (code);
CREATE TABLE zoo.refers_to_index (code text REFERENCES zoo.promoted (code));
INSERT INTO zoo.promoted VALUES (1, 'x'); INSERT INTO zoo.refers_to_index VALUES ('x'), (NULL);

-- Inheritance: two parents, overridden defaults, local and inherited constraints, a grandchild.
CREATE TABLE zoo.animals (id int PRIMARY KEY, name text DEFAULT 'animal', CONSTRAINT named CHECK (name <> ''));
CREATE TABLE zoo.owned (owner text DEFAULT 'nobody' NOT NULL, name text, CONSTRAINT named CHECK (name <> ''));
CREATE TABLE zoo.pets (nickname text, name text DEFAULT 'pet', CONSTRAINT nick CHECK (nickname <> name)) INHERITS (zoo.animals, zoo.owned);
CREATE TABLE zoo.puppies (age int) INHERITS (zoo.pets);
ALTER TABLE zoo.puppies ALTER owner SET DEFAULT '철수', ADD CONSTRAINT young CHECK (age < 2), ADD PRIMARY KEY (id);
CREATE TABLE zoo.adopted (name text, extra int, id int NOT NULL, CONSTRAINT named CHECK (name <> ''));
ALTER TABLE zoo.adopted INHERIT zoo.animals;
CREATE TABLE zoo.disowned () INHERITS (zoo.animals); ALTER TABLE zoo.disowned NO INHERIT zoo.animals;
INSERT INTO zoo.animals VALUES (1, 'cat'); INSERT INTO zoo.pets (id, nickname) VALUES (2, '나비'); INSERT INTO zoo.puppies (id, age) VALUES (2, 1), (3, 0);
INSERT INTO zoo.adopted (name, extra, id) VALUES ('bird', 5, 9); INSERT INTO zoo.disowned VALUES (1, 'lone');
