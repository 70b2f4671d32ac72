// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ago, duration, instant, span } from '@/lib/time';

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

describe('span', () => {
  it.each([
    [0, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [MIN, '1 min'],
    [3 * MIN + 5000, '3 min 5 s'],
    [2 * HOUR + 10 * MIN, '2 h 10 min'],
    [HOUR, '1 h'],
    [4 * DAY + HOUR, '4 d 1 h'],
    [-5000, '0 s'],
  ])('%i ms is %s', (ms, text) => {
    expect(span(ms)).toBe(text);
  });

  it('is a dash when not known', () => {
    expect(span(null)).toBe('—');
    expect(span(Number.NaN)).toBe('—');
  });
});

describe('ago', () => {
  const now = 1_700_000_000_000;

  it('ticks in seconds below a minute and is calm above', () => {
    expect(ago(now - 12_000, now)).toBe('12 s ago');
    expect(ago(now - 14 * MIN - 33_000, now)).toBe('14 min ago');
    expect(ago(now - 2 * HOUR - 10 * MIN, now)).toBe('2 h 10 min ago');
  });

  it('treats a moment in the future as now', () => {
    expect(ago(now + 500, now)).toBe('just now');
  });

  it('knows never', () => {
    expect(ago(null, now)).toBe('never');
  });
});

describe('instant', () => {
  const now = new Date(2026, 10, 20, 15, 0, 0).getTime();

  it('leaves the date out today', () => {
    expect(instant(new Date(2026, 10, 20, 14, 3, 22).getTime(), now)).toBe('14:03:22');
  });

  it('adds the day, and the year when it is another one', () => {
    expect(instant(new Date(2026, 10, 19, 0, 0, 0).getTime(), now)).toMatch(/19.*00:00:00$/);
    expect(instant(new Date(2025, 10, 19, 0, 0, 0).getTime(), now)).toMatch(/2025/);
  });

  it('is a dash when not known', () => {
    expect(instant(null, now)).toBe('—');
  });
});

describe('duration', () => {
  it('says at once for zero', () => {
    expect(duration(0)).toBe('at once');
    expect(duration(90)).toBe('1 min 30 s');
  });
});
