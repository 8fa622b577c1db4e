import type pg from 'pg';
import type { Section } from './compare.ts';

// A missing ACL means the default one: both spell the same privileges.
const LARGE_OBJECTS = `
  SELECT m.oid::text AS name,
         format('%s bytes, md5 %s, owner %s, privileges %s, comment %L', length(lo_get(m.oid)), md5(lo_get(m.oid)),
           m.lomowner::regrole,
           array(SELECT a::text FROM unnest(coalesce(m.lomacl, acldefault('L', m.lomowner))) a ORDER BY a::text COLLATE "C"),
           obj_description(m.oid, 'pg_largeobject')) AS text
  FROM pg_largeobject_metadata m`;

const SETTINGS = `
  SELECT format('%s of %s', split_part(setting, '=', 1),
                CASE s.setrole WHEN 0 THEN 'every role' ELSE s.setrole::regrole::text END) AS name,
         setting AS text
  FROM pg_database d JOIN pg_db_role_setting s ON s.setdatabase = d.oid, unnest(s.setconfig) AS setting
  WHERE d.datname = current_database()
  UNION ALL
  SELECT v.name, v.text
  FROM pg_database d, LATERAL (VALUES
    ('encoding and collation', concat_ws(' ', pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, d.datlocprovider)),
    ('privileges of the database', array(
      SELECT a::text FROM unnest(coalesce(d.datacl, acldefault('d', d.datdba))) a ORDER BY a::text COLLATE "C")::text),
    ('comment of the database', coalesce(shobj_description(d.oid, 'pg_database'), ''))) AS v(name, text)
  WHERE d.datname = current_database()`;

// Roles that own or are granted something here, that have settings here, and those they are members of.
const ROLES = `
  WITH RECURSIVE db AS (SELECT oid FROM pg_database WHERE datname = current_database()),
  used(oid) AS (
    SELECT d.refobjid FROM pg_shdepend d, db
    WHERE d.refclassid = 'pg_authid'::regclass
      AND (d.dbid = db.oid OR (d.classid = 'pg_database'::regclass AND d.objid = db.oid))
    UNION SELECT s.setrole FROM pg_db_role_setting s, db WHERE s.setdatabase = db.oid AND s.setrole <> 0
    UNION SELECT m.roleid FROM pg_auth_members m JOIN used ON used.oid = m.member)
  SELECT r.rolname::text AS name,
         (to_jsonb(r) - '{oid,rolname,rolpassword,rolconfig}'::text[])::text || ', member of '
           || coalesce((SELECT jsonb_object_agg(m.roleid::regrole, to_jsonb(m) - '{oid,roleid,member,grantor}'::text[])
                        FROM pg_auth_members m WHERE m.member = r.oid)::text, 'none') AS text
  FROM pg_roles r JOIN used ON used.oid = r.oid
  WHERE r.rolname !~ '^pg_'`;

/** Content, owner, privileges and comment of each large object, by its number. */
export function largeObjects(client: pg.Client): Promise<Section> {
  return section(client, LARGE_OBJECTS);
}

/** What ALTER DATABASE and ALTER ROLE IN DATABASE set, and the database's own properties. */
export function databaseSettings(client: pg.Client): Promise<Section> {
  return section(client, SETTINGS);
}

/** Attributes and memberships, without passwords, of the roles that this database refers to. */
export function roles(client: pg.Client): Promise<Section> {
  return section(client, ROLES);
}

async function section(client: pg.Client, query: string): Promise<Section> {
  const { rows } = await client.query<{ name: string; text: string }>(query);
  return new Map(rows.map(({ name, text }) => [name, text]));
}
