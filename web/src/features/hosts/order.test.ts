// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { byUrgency, countStates, selectHosts } from '@/features/hosts/order';
import type { Alert, Host, Severity } from '@/types/api';

function host(name: string, state: Host['state'], cpu: number | null = null, worst: Severity | null = null) {
  return { id: name.length, name, state, worst, vitals: { cpu, memory: null, disk: null } } as Host;
}

const HOSTS = [
  host('web-10', 'up', 10),
  host('web-2', 'up', 90, 'warning'),
  host('db', 'down', null, 'critical'),
  host('mail', 'late', 50),
  host('new', 'waiting'),
];
const alert = (id: number, severity: Severity, fired_ms: number, acked_ms: number | null = null) =>
  ({ id, severity, fired_ms, acked_ms }) as Alert;
const names = (hosts: Host[]) => hosts.map(({ name }) => name);
const all = { text: '', state: 'all', sort: 'attention' } as const;

describe('selectHosts', () => {
  it('puts what needs attention first', () => {
    expect(names(selectHosts(HOSTS, all))).toEqual(['db', 'mail', 'web-2', 'web-10', 'new']);
  });

  it('sorts numbers in names as numbers', () => {
    expect(names(selectHosts(HOSTS, { ...all, sort: 'name', text: 'web' }))).toEqual(['web-2', 'web-10']);
  });

  it('sorts by a vital, highest first and unknown last', () => {
    expect(names(selectHosts(HOSTS, { ...all, sort: 'cpu' }))).toEqual(['web-2', 'mail', 'web-10', 'db', 'new']);
  });

  it('wants every word, in any case', () => {
    expect(names(selectHosts(HOSTS, { ...all, text: ' WEB 10 ' }))).toEqual(['web-10']);
    expect(selectHosts(HOSTS, { ...all, text: 'web mail' })).toEqual([]);
  });

  it('filters by state and leaves its input alone', () => {
    const before = [...HOSTS];
    expect(names(selectHosts(HOSTS, { ...all, state: 'down' }))).toEqual(['db']);
    expect(HOSTS).toEqual(before);
  });
});

describe('countStates', () => {
  it('counts each', () => {
    expect(countStates(HOSTS)).toEqual({ up: 2, late: 1, down: 1, waiting: 1 });
  });
});

describe('byUrgency', () => {
  it('is unacknowledged, then worst, then newest', () => {
    const alerts = [alert(1, 'critical', 9, 10), alert(2, 'warning', 9), alert(3, 'critical', 1), alert(4, 'critical', 5)];
    expect(alerts.sort(byUrgency).map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });
});
