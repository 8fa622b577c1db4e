import { expect, it } from 'vitest';
import { readEntries, shown } from '../../../containers/engine/restore/selective/recreate-entries.ts';

const LIST = `;
; Archive created at 2026-11-27 10:00:00 UTC
;     dbname: w
;
218; 1259 16396 SEQUENCE public shared app
223; 1259 16410 TABLE public my table the owner
;	depends on: 218 233 866
3526; 0 0 COMMENT public TABLE my table the owner
;	depends on: 223
3330; 0 0 SEQUENCE OWNED BY public shared app
;	depends on: 218
3353; 2606 16444 FK CONSTRAINT a.b c kids kids_main_fkey app
;	depends on: 223 3337 224
233; 1255 16398 FUNCTION public gen(integer, a.t) app
3505; 6104 16456 PUBLICATION - pub gone
`;

it('reads the list of an archive, whatever blanks its names hold', () => {
  const entries = readEntries(LIST, ['public', 'a.b', 'a.b c'], ['app', 'owner', 'the owner']);
  expect(
    entries.map(({ id, kind, schema, tag, owner, needs }) => [id, kind, schema, tag, owner, needs]),
  ).toEqual([
    ['218', 'SEQUENCE', 'public', 'shared', 'app', []],
    ['223', 'TABLE', 'public', 'my table', 'the owner', ['218', '233', '866']],
    ['3526', 'COMMENT', 'public', 'TABLE my table', 'the owner', ['223']],
    ['3330', 'SEQUENCE OWNED BY', 'public', 'shared', 'app', ['218']],
    ['3353', 'FK CONSTRAINT', 'a.b c', 'kids kids_main_fkey', 'app', ['223', '3337', '224']],
    ['233', 'FUNCTION', 'public', 'gen(integer, a.t)', 'app', []],
    ['3505', 'PUBLICATION', '-', 'pub gone', '', []],
  ]);
  expect(entries.map(shown).slice(4, 6)).toEqual([
    'FK CONSTRAINT a.b c.kids kids_main_fkey',
    'FUNCTION public.gen(integer, a.t)',
  ]);
});
