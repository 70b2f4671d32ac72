// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { UNKNOWN, format, plural, quantity, withUnit } from '@/lib/units';

describe('format', () => {
  it.each([
    [12.5, 'percent', '12.5 %'],
    [0, 'percent', '0.0 %'],
    [100, 'percent', '100.0 %'],
    [0, 'bytes', '0 B'],
    [1023, 'bytes', '1023 B'],
    [1024, 'bytes', '1.00 KiB'],
    [1536, 'bytes', '1.50 KiB'],
    [16 * 1024 ** 3, 'bytes', '16.0 GiB'],
    [999, 'rate', '999 B/s'],
    [1000, 'rate', '1.00 kB/s'],
    [1_234_567, 'rate', '1.23 MB/s'],
    [123_456_789, 'rate', '123 MB/s'],
    [0.4, 'load', '0.40'],
    [55.25, 'celsius', '55.3 °C'],
    [7, 'plain', '7'],
  ] as const)('%s as %s is %s', (value, unit, text) => {
    expect(format(value, unit)).toBe(text);
  });

  it('moves up a unit rather than show 1024 of the smaller one', () => {
    expect(format(1024 ** 2 - 1, 'bytes')).toBe('1.00 MiB');
    expect(format(999_999, 'rate')).toBe('1.00 MB/s');
  });

  it('stays in the largest unit it knows', () => {
    expect(format(5000 * 1024 ** 5, 'bytes')).toBe('5000 PiB');
  });

  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])('never makes %s a number', (value) => {
    expect(format(value, 'percent')).toBe(UNKNOWN);
    expect(quantity(value, 'bytes')).toEqual({ number: UNKNOWN, unit: '' });
    expect(withUnit(value, '%')).toBe(UNKNOWN);
  });
});

describe('withUnit', () => {
  it("uses the alert's own unit, or none", () => {
    expect(withUnit(93.24, '%')).toBe('93.2 %');
    expect(withUnit(5, '')).toBe('5');
    expect(withUnit(3.5, 'intervals')).toBe('3.5 intervals');
  });
});

describe('plural', () => {
  it('knows one from many', () => {
    expect(plural(1, 'host')).toBe('1 host');
    expect(plural(0, 'host')).toBe('0 hosts');
    expect(plural(2, 'entry', 'entries')).toBe('2 entries');
  });
});
