// SPDX-License-Identifier: MIT
// What the page knows live, as a pure reduction of the stream's events.  Hosts are all of
// them, alerts the firing ones, outages those that nobody has cleared.
import type { Alert, Host, LiveSamples, Millis, Outage, Report } from '@/types/api';

export interface LiveState {
  loaded: boolean;
  hosts: ReadonlyMap<number, Host>;
  alerts: ReadonlyMap<number, Alert>;
  outages: ReadonlyMap<number, Outage>;
  /** Server's clock minus ours. */
  offsetMs: number;
}

export interface Snapshot {
  hosts: Host[];
  alerts: Alert[];
  outages: Outage[];
}

export interface LiveEvents {
  hello: { now_ms: Millis; version: string };
  host: Host;
  host_removed: { id: number };
  samples: LiveSamples;
  report: Report;
  alert: Alert;
  outage: Outage;
  reset: Record<string, never>;
  ping: { now_ms: Millis };
}

export type LiveEvent = { [K in keyof LiveEvents]: { type: K; data: LiveEvents[K] } }[keyof LiveEvents];

export const LIVE_EVENTS = [
  'hello',
  'host',
  'host_removed',
  'samples',
  'report',
  'alert',
  'outage',
  'reset',
  'ping',
] as const satisfies readonly (keyof LiveEvents)[];

export const initialLive: LiveState = {
  loaded: false,
  hosts: new Map(),
  alerts: new Map(),
  outages: new Map(),
  offsetMs: 0,
};

const byId = <T extends { id: number }>(items: T[]): Map<number, T> =>
  new Map(items.map((item) => [item.id, item]));

function withItem<T extends { id: number }>(
  map: ReadonlyMap<number, T>,
  item: T,
  keep: boolean,
): ReadonlyMap<number, T> {
  if (!keep && !map.has(item.id)) return map;
  const next = new Map(map);
  if (keep) next.set(item.id, item);
  else next.delete(item.id);
  return next;
}

function withoutHost(state: LiveState, id: number): LiveState {
  const hosts = new Map(state.hosts);
  hosts.delete(id);
  const alerts = new Map([...state.alerts].filter(([, alert]) => alert.host_id !== id));
  return { ...state, hosts, alerts };
}

/** `clientNow` is our clock when the event arrived. */
export function reduceLive(state: LiveState, event: LiveEvent, clientNow: Millis): LiveState {
  switch (event.type) {
    case 'hello':
      return { ...state, offsetMs: event.data.now_ms - clientNow };
    case 'host':
      return { ...state, hosts: withItem(state.hosts, event.data, true) };
    case 'host_removed':
      return withoutHost(state, event.data.id);
    case 'alert': {
      const alerts = withItem(state.alerts, event.data, event.data.state === 'firing');
      return alerts === state.alerts ? state : { ...state, alerts };
    }
    case 'outage': {
      const outages = withItem(state.outages, event.data, event.data.cleared_ms === null);
      return outages === state.outages ? state : { ...state, outages };
    }
    case 'samples':
    case 'report':
    case 'reset':
    case 'ping':
      return state;
  }
}

export function loadLive(state: LiveState, snapshot: Snapshot): LiveState {
  return {
    ...state,
    loaded: true,
    hosts: byId(snapshot.hosts),
    alerts: byId(snapshot.alerts.filter((alert) => alert.state === 'firing')),
    outages: byId(snapshot.outages.filter((outage) => outage.cleared_ms === null)),
  };
}
