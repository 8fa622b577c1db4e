import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRolesFile, quoting } from '../../containers/engine/database/roles-file.ts';
import { restoreDatabaseSettings } from '../../containers/engine/restore/roles.ts';
import { makeDatabase, withClient } from '../support/engine.ts';

const PART = '-- Settings, grants and comment of the database itself';
/** Text as PostgreSQL can hold it, with more of what means something than chance would bring. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\u2028', '\u0085', '"', "'", '\\', ';', 'U&', 'E', '\\000A'),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const anyName = anyText.filter((name) => name !== '');

describe('a statement of roles.sql', () => {
  it('stands on one line and is read back as the names it was written with', () => {
    fc.assert(
      fc.property(
        anyName,
        anyName,
        anyText,
        fc.constantFrom('UTF8', 'SQL_ASCII'),
        (role, member, value, encoding) => {
          const { identifier, literal } = quoting(encoding);
          const lines = [
            `CREATE ROLE ${identifier(role)} WITH LOGIN VALID UNTIL ${literal(value)};`,
            `ALTER ROLE ${identifier(role)} SET ${identifier(member)} TO ${literal(value)}, ${literal(member)};`,
            `GRANT ${identifier(role)} TO ${identifier(member)} GRANTED BY ${identifier(role)};`,
          ];
          const of = `ALTER ROLE ${identifier(role)} IN DATABASE :"DBNAME" SET ${identifier(member)} TO ${literal(value)};`;
          expect(lines.join('')).not.toMatch(encoding === 'UTF8' ? /[\p{Cc}\u2028\u2029]/u : /[\n\r\t]/);
          const file = parseRolesFile([...lines, PART, of, ''].join('\n'));
          expect(file.problems).toEqual([]);
          expect(file.roles).toMatchObject([{ role }, { role }, { role, member }]);
          expect(file.database).toMatchObject([{ after: of.slice(of.indexOf('DATABASE :"DBNAME"') + 18) }]);
        },
      ),
    );
  });

  it('means to the server what it was written for', async () => {
    const { url } = await makeDatabase(15);
    await withClient(url, (client) =>
      fc.assert(
        fc.asyncProperty(anyText, anyName, fc.boolean(), async (value, name, conforming) => {
          const { identifier, literal } = quoting('UTF8');
          await client.query(`SET standard_conforming_strings = ${conforming}`);
          const short = Array.from(name).slice(0, 12).join('');
          const { rows } = await client.query(`SELECT ${literal(value)} AS ${identifier(short)}`);
          expect(rows).toEqual([{ [short]: value }]);
        }),
      ),
    );
  });
});

describe('a line that no backup writes', () => {
  it.each([
    'CREATE ROLE evil;',
    'CREATE ROLE "a" PASSWORD \'x\';',
    'CREATE ROLE "a"; CREATE ROLE "b";',
    'CREATE ROLE "a" WITH LOGIN; DROP TABLE t;',
    'ALTER ROLE "a" SET "b" TO \'x\'; DROP TABLE t;',
    'ALTER ROLE "a" SET "b" TO E\'\\\'; DROP TABLE t;--\';',
    'ALTER ROLE "a" SET "b" TO \'x\\\';',
    'ALTER ROLE "a" WITH SUPERUSER;',
    'ALTER ROLE "a" SET "b" TO $$x$$;',
    'GRANT ALL ON TABLE "t" TO "a";',
    'GRANT "a", "b" TO "c";',
    'DROP ROLE "a";',
    '\\! id',
    ' CREATE ROLE "a";',
    'ALTER DATABASE :"DBNAME" SET "work_mem" TO \'1MB\';',
  ])('is named by its number and left out: %s', (line) => {
    const file = parseRolesFile(`-- head\n${line}\nCREATE ROLE "good";\n`);
    expect(file.roles).toMatchObject([{ verb: 'create', role: 'good', attributes: [] }]);
    expect(file.problems).toEqual(['roles.sql: line 2 is no statement a backup writes there, left out']);
  });

  it.each([
    'CREATE ROLE "a";',
    'ALTER DATABASE "other" SET "work_mem" TO \'1MB\';',
    'ALTER DATABASE :"DBNAME" OWNER TO "evil";',
    'GRANT ALL ON DATABASE :"DBNAME" TO "evil";',
    'GRANT CONNECT ON DATABASE :"DBNAME" TO PUBLIC; DROP TABLE t;',
    'COMMENT ON DATABASE :"DBNAME" IS NULL;',
  ])('is left out after the part of the database began, too: %s', (line) => {
    const file = parseRolesFile(`${PART}\n${line}\n`);
    expect(file).toMatchObject({ roles: [], database: [], problems: [expect.stringContaining('line 2')] });
  });
});

describe('settings of the database', () => {
  it('are applied all or not at all', async () => {
    const database = await makeDatabase(15);
    const { database: statements } = parseRolesFile(
      `${PART}\nALTER DATABASE :"DBNAME" SET "aaa.x" TO 'leak';\nALTER DATABASE :"DBNAME" SET "work_mem" TO 'secret';\n`,
    );
    const applying = withClient(database.url, (client) =>
      restoreDatabaseSettings(client, database.name, statements),
    );
    await expect(applying).rejects.toThrow(
      /«ALTER DATABASE :"DBNAME" SET "work_mem" TO …» was refused \(SQLSTATE 22023\)/,
    );
    await expect(applying).rejects.not.toThrow(/secret/);
    const { rows } = await database.query(
      'SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = current_database()',
    );
    expect(rows).toEqual([]);
  });
});
