// SPDX-License-Identifier: MIT
// Which hosts the overview shows, and in which order.
import type { Alert, Host, HostState, Severity } from '@/types/api';

export const SORTS = ['attention', 'name', 'cpu', 'memory', 'disk'] as const;
export type Sort = (typeof SORTS)[number];

export const STATE_FILTERS = ['all', 'up', 'late', 'down', 'waiting'] as const;
export type StateFilter = (typeof STATE_FILTERS)[number];

const STATE_RANK: Record<HostState, number> = { down: 0, late: 1, up: 2, waiting: 3 };
const SEVERITY_RANK: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

const byName = (a: Host, b: Host) => a.name.localeCompare(b.name, undefined, { numeric: true });
const worst = (host: Host) => (host.worst === null ? 3 : SEVERITY_RANK[host.worst]);

function byAttention(a: Host, b: Host): number {
  return STATE_RANK[a.state] - STATE_RANK[b.state] || worst(a) - worst(b) || byName(a, b);
}

/** Highest first; what is not known comes last. */
function byVital(value: (host: Host) => number | null) {
  return (a: Host, b: Host) => {
    const left = value(a) ?? Number.NEGATIVE_INFINITY;
    const right = value(b) ?? Number.NEGATIVE_INFINITY;
    return left === right ? byName(a, b) : right - left;
  };
}

const COMPARE: Record<Sort, (a: Host, b: Host) => number> = {
  attention: byAttention,
  name: byName,
  cpu: byVital((host) => host.vitals.cpu),
  memory: byVital((host) => host.vitals.memory),
  disk: byVital((host) => host.vitals.disk?.value ?? null),
};

export interface HostFilter {
  text: string;
  state: StateFilter;
  sort: Sort;
}

export function selectHosts(hosts: Iterable<Host>, filter: HostFilter): Host[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (host: Host) =>
    (filter.state === 'all' || host.state === filter.state) &&
    words.every((word) => host.name.toLowerCase().includes(word));
  return [...hosts].filter(matches).sort(COMPARE[filter.sort]);
}

export function countStates(hosts: Iterable<Host>): Record<HostState, number> {
  const counts: Record<HostState, number> = { up: 0, late: 0, down: 0, waiting: 0 };
  for (const host of hosts) counts[host.state]++;
  return counts;
}

/** Unacknowledged before acknowledged, then the worst, then the newest. */
export function byUrgency(a: Alert, b: Alert): number {
  return (
    Number(a.acked_ms !== null) - Number(b.acked_ms !== null) ||
    SEVERITY_RANK[a.severity] - SEVERITY_RANK[b.severity] ||
    (b.fired_ms ?? 0) - (a.fired_ms ?? 0)
  );
}
