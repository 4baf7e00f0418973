import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32 } from '../../../activities/features/hash32';
import { categoryOf, numberOf, textOf, timeOf } from '../../../activities/features/values';

describe('how values are read', () => {
  it.each([
    [12, 12],
    ['12.50', 12.5],
    [' 1e3 ', 1000],
    [true, 1],
    [null, null],
    ['', null],
    ['  ', null],
    ['12 km', undefined],
    ['0x10', undefined],
    [Number.NaN, undefined],
    ['Infinity', undefined],
    ['1e999', undefined],
    [1e101, undefined],
    [{}, undefined],
  ])('reads %j as the number %j', (raw, value) => expect(numberOf(raw)).toBe(value));

  it('takes negative zero for zero, which JSON does too', () => {
    expect(numberOf(-0)).toBe(0);
    expect(numberOf('-0.0')).toBe(0);
  });

  it.each([
    ['Oslo', 'Oslo'],
    [5, '5'],
    [0.1, '0.1'],
    [false, 'false'],
    ['', null],
    ['a\ud800b', 'a\ufffdb'],
    [['x'], undefined],
    [Number.NaN, undefined],
  ])('reads %j as the category %j', (raw, value) => expect(categoryOf(raw)).toBe(value));

  it.each([
    ['2026-03-01', '2026-03-01T00:00:00.000Z'],
    ['2026-03-01T10:30', '2026-03-01T10:30:00.000Z'],
    ['2026-03-01 10:30:15.123456', '2026-03-01T10:30:15.123Z'],
    ['2026-03-01T10:30:00+05:30', '2026-03-01T05:00:00.000Z'],
    ['2026-03-01 10:30:00+00', '2026-03-01T10:30:00.000Z'],
    ['2026-03-01T10:30:00-0800', '2026-03-01T18:30:00.000Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
    [1_700_000_000, '2023-11-14T22:13:20.000Z'],
    ['1700000000', '2023-11-14T22:13:20.000Z'],
    [1_700_000_000_123, '2023-11-14T22:13:20.123Z'],
    [1_700_000_000_123_456, '2023-11-14T22:13:20.123Z'],
    [new Date(5), '1970-01-01T00:00:00.005Z'],
  ])('reads %j as the time %s', (raw, iso) => expect(new Date(timeOf(raw) ?? NaN).toISOString()).toBe(iso));

  it.each(['2026-02-30', '2026-13-01', '2026-01-01T24:00', 'yesterday', '12:00', 1e30, {}])(
    'does not take %j for a time',
    (raw) => expect(timeOf(raw)).toBeUndefined(),
  );

  it('reads every time that it writes', () => {
    const times = fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') });
    fc.assert(
      fc.property(times, (time) => {
        expect(timeOf(new Date(time).toISOString())).toBe(time);
      }),
    );
  });

  it('reads anything at all without failing, as a value of its type or none', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), (raw) => {
        expect(['number', 'object', 'undefined']).toContain(typeof (numberOf(raw) ?? undefined));
        expect(Number.isFinite(numberOf(raw) ?? 0)).toBe(true);
        expect(Number.isInteger(timeOf(raw) ?? 0)).toBe(true);
        for (const read of [categoryOf(raw), textOf(raw)])
          expect(['string', 'undefined']).toContain(typeof (read ?? undefined));
      }),
    );
  });
});

describe('the 32-bit hash', () => {
  // Published test values of MurmurHash3_x86_32.
  it.each([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['a', 0, 0x3c2569b2],
    ['hello', 0, 0x248bfa47],
    ['hello, world', 0, 0x149bbb7f],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('of %j with the seed %i is %i', (text, seed, hash) => expect(hash32(text, seed)).toBe(hash));

  it('is the same for texts of any length, whichever buffer they are encoded in', () => {
    const long = 'é'.repeat(1025);
    expect(hash32(long)).not.toBe(hash32(long.slice(1)));
    expect(hash32(long)).toBe(hash32(`${'é'.repeat(1000)}${'é'.repeat(25)}`));
  });
});
