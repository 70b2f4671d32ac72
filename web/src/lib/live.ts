// SPDX-License-Identifier: MIT
// The page's live data: one stream, one snapshot beneath it, and listeners for the events
// that are not state (samples, reports).
import { useEffect, useRef } from 'preact/hooks';
import { alerts, hosts, outages } from '@/lib/api';
import {
  type LiveEvent,
  type LiveEvents,
  type LiveState,
  initialLive,
  loadLive,
  reduceLive,
} from '@/lib/live-state';
import { API } from '@/lib/request';
import { createStore, useStore } from '@/lib/store';
import { type StreamStatus, openStream } from '@/lib/stream';

export interface Connection {
  status: StreamStatus;
  /** Our clock when the status began, and when anything was last heard. */
  sinceMs: number;
  heardMs: number;
  loadError: unknown;
}

const HELLO_WITHIN_MS = 1_500;

const live = createStore<LiveState>(initialLive);
const connection = createStore<Connection>({
  status: 'connecting',
  sinceMs: Date.now(),
  heardMs: Date.now(),
  loadError: null,
});
const listeners = new Map<string, Set<(data: never) => void>>();

let waiting: LiveEvent[] | null = null; /* events that arrive while a snapshot loads */
let loadNumber = 0;

async function readSnapshot() {
  const [hostList, alertList, outageList] = await Promise.all([
    hosts.list(),
    alerts.list({ state: 'open', limit: 1000 }),
    outages.list(false),
  ]);
  return { hosts: hostList.hosts, alerts: alertList, outages: outageList };
}

/** Loads everything anew; what the stream says meanwhile is applied on top. */
export async function reload(): Promise<void> {
  const number = ++loadNumber;
  waiting = [];
  let loadError: unknown = null;
  let state = live.get();
  try {
    const snapshot = await readSnapshot();
    if (number !== loadNumber) return;
    state = loadLive(live.get(), snapshot);
  } catch (error) {
    if (number !== loadNumber) return;
    loadError = error;
  }
  for (const event of waiting ?? []) state = reduceLive(state, event, Date.now());
  waiting = null;
  live.set(state);
  connection.set({ ...connection.get(), loadError });
}

function tell(event: LiveEvent): void {
  for (const listener of listeners.get(event.type) ?? []) listener(event.data as never);
}

/** `again`: the stream is new, but the page is not, so what it loaded may be old. */
function receive(event: LiveEvent, fresh: boolean, again: boolean): void {
  connection.set({ ...connection.get(), heardMs: Date.now() });
  waiting?.push(event);
  live.set(reduceLive(live.get(), event, Date.now()));
  tell(event);
  if (event.type === 'reset' || (event.type === 'hello' && fresh)) {
    void reload();
    if (event.type === 'hello' && again) tell({ type: 'reset', data: {} });
  }
}

function setStatus(status: StreamStatus, sinceMs = Date.now()): void {
  const before = connection.get();
  if (before.status !== status) connection.set({ ...before, status, sinceMs });
}

/** Opens the stream; with a host, its samples and reports come too.  Returns how to close. */
export function connectLive(hostId: number | null): () => void {
  const url = hostId === null ? `${API}/live` : `${API}/live?host=${hostId}`;
  let greeted = false;
  const close = openStream(url, {
    event: (event, fresh) => {
      receive(event, fresh, greeted);
      greeted ||= event.type === 'hello';
    },
    status: setStatus,
    // A session that ended refuses the stream too; any other call finds out.
    refused: () => void reload(),
  });
  const impatient = setTimeout(() => {
    if (!live.get().loaded) void reload();
  }, HELLO_WITHIN_MS);
  return () => {
    clearTimeout(impatient);
    close();
  };
}

/** Forgets everything, for the next person who signs in. */
export function resetLive(): void {
  loadNumber++;
  waiting = null;
  live.set(initialLive);
}

export const useLive = <S>(select: (state: LiveState) => S): S => useStore(live, select);
export const useConnection = (): Connection => useStore(connection, (state) => state);
export const serverNow = (): number => Date.now() + live.get().offsetMs;

/** Puts an answer of the server into the live state before the stream says the same. */
export function applyLive(event: LiveEvent): void {
  live.set(reduceLive(live.get(), event, Date.now()));
}

/** Hears every event of one type while the component is there. */
export function useLiveEvent<K extends keyof LiveEvents>(
  type: K,
  listener: (data: LiveEvents[K]) => void,
): void {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const forward = (data: LiveEvents[K]) => latest.current(data);
    const set = listeners.get(type) ?? new Set();
    listeners.set(type, set.add(forward as (data: never) => void));
    return () => {
      set.delete(forward as (data: never) => void);
    };
  }, [type]);
}
