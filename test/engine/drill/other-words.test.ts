import { describe, expect, it } from 'vitest';
import type { Definition } from '../../../containers/engine/drill/inspect/definitions.ts';
import { isPlainlyOther, saysTheSame } from '../../../containers/engine/drill/inspect/other-words.ts';

const definition = (type: string, text: string): Definition => ({
  check: 'structure',
  label: type,
  type,
  schema: 'public',
  owner: undefined,
  text,
});

describe('what two majors of a server say of one thing', () => {
  it('is the same where only the table of a column is not named', () => {
    expect(saysTheSame('SELECT users.id, "u".a FROM public.users', 'SELECT id, a FROM public.users')).toBe(
      true,
    );
    expect(saysTheSame('SELECT a.id FROM a, b', 'SELECT b.id FROM a, b')).toBe(false);
    expect(saysTheSame('SELECT users.id FROM users', 'SELECT name FROM users')).toBe(false);
    expect(saysTheSame(`SELECT 'users.id'`, `SELECT 'id'`)).toBe(false);
    expect(saysTheSame('SELECT id', 'SELECT id, name')).toBe(false);
  });

  it('is plainly other where a body is, or something is switched off or not valid', () => {
    const body = (text: string) =>
      definition('FUNCTION', `CREATE FUNCTION f() RETURNS int\n    AS $$${text}$$;`);
    expect(isPlainlyOther(body('SELECT 1'), body('SELECT 1'))).toBe(false);
    expect(isPlainlyOther(body('SELECT 1'), body('SELECT 2'))).toBe(true);
    const off = definition('TRIGGER', 'CREATE TRIGGER t;\n\nALTER TABLE t DISABLE TRIGGER t;');
    expect(isPlainlyOther(definition('TRIGGER', 'CREATE TRIGGER t;'), off)).toBe(true);
    const key = (text: string) => definition('FK CONSTRAINT', text);
    expect(isPlainlyOther(key('CONSTRAINT a CHECK (b)'), key('CONSTRAINT a CHECK (b) NOT VALID'))).toBe(true);
  });
});
