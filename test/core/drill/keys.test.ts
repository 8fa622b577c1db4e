import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drillFolder, drillOfFolder, drillStart, newDrillId } from '../../../core/drill/keys.ts';

const ID = 'drill-20261127T020000Z-9f3a61';

describe('the id of a drill', () => {
  it('says when it began, to the second, and is found again in its folder', () => {
    const times = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(times, fc.stringMatching(/^[0-9a-f]{6}$/), (now, random) => {
        const id = newDrillId(now, random);
        expect(drillStart(id)).toEqual(new Date(Math.floor(now.getTime() / 1000) * 1000));
        expect(drillOfFolder(drillFolder(id))).toBe(id);
      }),
    );
  });

  it('sorts as time does', () => {
    const times = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(times, times, (a, b) => {
        fc.pre(Math.floor(a.getTime() / 1000) < Math.floor(b.getTime() / 1000));
        expect(newDrillId(a, 'ffffff') < newDrillId(b, '000000')).toBe(true);
      }),
    );
  });

  it.each([
    '',
    'drill-',
    ` ${ID}`,
    `${ID}\n`,
    `${ID}0`,
    ID.slice(0, -1),
    ID.toUpperCase(),
    ID.replace('9f3a61', '9F3A61'),
    ID.replace('20261127', '20260230'),
    ID.replace('T020000Z', 'T240000Z'),
    ID.replace('T020000Z', 'T020000'),
    ID.replaceAll('0', '٠'),
    `../${ID}`,
  ])('is not %j', (text) => {
    expect(drillStart(text)).toBeUndefined();
    expect(drillOfFolder(`drills/${text}/`)).toBeUndefined();
  });

  it.each([`audits/${ID}/`, `${ID}/`, `drills/${ID}/more/`, `x/drills/${ID}/`, `drillsx${ID}/`, 'drills/'])(
    'is not that of the folder %s',
    (folder) => {
      expect(drillOfFolder(folder)).toBeUndefined();
    },
  );
});
