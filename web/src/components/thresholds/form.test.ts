// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { formOf, readForm } from '@/components/thresholds/form';
import type { Threshold } from '@/types/api';

const disk: Threshold = {
  key: 'disk',
  title: 'Disk usage',
  unit: '%',
  comparison: '>',
  limit: 90,
  clear: 85,
  for_s: 60,
  severity: 'warning',
  enabled: true,
};

describe('readForm', () => {
  it('sends nothing when nothing changed', () => {
    expect(readForm(formOf(disk), disk, 'default')).toEqual({ change: {} });
  });

  it('sends only what changed, and takes a decimal comma', () => {
    const form = { ...formOf(disk), limit: '92,5', severity: 'critical' as const };
    expect(readForm(form, disk, 'default')).toEqual({ change: { limit: 92.5, severity: 'critical' } });
  });

  it('leaves to the organisation what a host cannot change', () => {
    const form = { ...formOf(disk), clear: 'nonsense', severity: 'critical' as const, forS: '0' };
    expect(readForm(form, disk, 'host')).toEqual({ change: { for_s: 0 } });
  });

  it.each([
    [{ limit: '' }, 'limit'],
    [{ limit: '-1' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: 'many' }, 'limit'],
    [{ clear: '95' }, 'clear'],
    [{ forS: '1.5' }, 'forS'],
    [{ forS: '-1' }, 'forS'],
  ])('refuses %j', (change, field) => {
    const read = readForm({ ...formOf(disk), ...change }, disk, 'default');
    expect('errors' in read && Object.keys(read.errors)).toEqual([field]);
  });

  it('does not ask for a limit where there is none', () => {
    const none = { ...disk, limit: null, clear: null };
    const service = { ...disk, key: 'service', limit: 1, clear: 1 };
    for (const threshold of [none, service])
      expect(readForm({ ...formOf(threshold), limit: '', forS: '120' }, threshold, 'default')).toEqual({
        change: { for_s: 120 },
      });
  });
});
