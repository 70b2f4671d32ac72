// SPDX-License-Identifier: MIT
// The connection for server-sent events.  The browser reconnects a dropped one by itself and
// sends Last-Event-ID; we only add what it does not do: open anew after it gave up, and when
// a connection that died without a word still looks open.
//
//   connecting ──open──► open ──error, or not even a ping──► cut ──open──► open
//        └──────not within 4 s──────────────────────────────► cut
import { LIVE_EVENTS, type LiveEvent } from '@/lib/live-state';

export type StreamStatus = 'connecting' | 'open' | 'cut';

export interface StreamHandlers {
  /** `fresh`: this connection resumes nothing, so everything must be loaded. */
  event: (event: LiveEvent, fresh: boolean) => void;
  /** `sinceMs`: our clock when it really began, where that was earlier. */
  status: (status: StreamStatus, sinceMs?: number) => void;
  /** The server answered, but not with a stream. */
  refused: () => void;
}

const OPEN_WITHIN_MS = 4_000;
/** The server sends a ping every 3 s. */
const SILENT_MS = 4_000;
const LOOK_EVERY_MS = 500;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 10_000;

function parseEvent(type: LiveEvent['type'], data: unknown): LiveEvent | null {
  try {
    return { type, data: JSON.parse(String(data)) } as LiveEvent;
  } catch {
    return null;
  }
}

export function openStream(url: string, handlers: StreamHandlers): () => void {
  let source: EventSource | null = null;
  let fresh = true;
  let retryMs = RETRY_MIN_MS;
  let lastHeard = Date.now();
  let closed = false;
  const timers = new Set<ReturnType<typeof setTimeout>>();

  const later = (ms: number, run: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };

  const heard = (type: LiveEvent['type'], raw: unknown) => {
    lastHeard = Date.now();
    const event = parseEvent(type, raw);
    if (event === null) return;
    handlers.event(event, fresh);
    if (type === 'hello') fresh = false;
  };

  const reopen = (sinceMs?: number) => {
    source?.close();
    source = null;
    handlers.status('cut', sinceMs);
    later(retryMs, connect);
    retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  };

  function connect() {
    if (closed || source !== null) return;
    const opened = new EventSource(url);
    source = opened;
    fresh = true;
    lastHeard = Date.now();
    opened.addEventListener('open', () => {
      retryMs = RETRY_MIN_MS;
      lastHeard = Date.now();
      handlers.status('open');
    });
    opened.addEventListener('error', () => {
      if (opened !== source) return;
      if (opened.readyState !== EventSource.CLOSED) return handlers.status('cut');
      reopen();
      handlers.refused();
    });
    for (const type of LIVE_EVENTS)
      opened.addEventListener(type, (message) => heard(type, (message as MessageEvent).data));
    later(OPEN_WITHIN_MS, () => {
      if (opened === source && opened.readyState !== EventSource.OPEN) handlers.status('cut');
    });
  }

  const watch = setInterval(() => {
    const isOpen = source?.readyState === EventSource.OPEN;
    if (isOpen && Date.now() - lastHeard > SILENT_MS) reopen(lastHeard);
  }, LOOK_EVERY_MS);

  const wentOffline = () => handlers.status('cut');
  const cameOnline = () => source?.readyState === EventSource.OPEN && handlers.status('open');
  addEventListener('offline', wentOffline);
  addEventListener('online', cameOnline);
  handlers.status('connecting');
  connect();

  return () => {
    closed = true;
    source?.close();
    clearInterval(watch);
    for (const timer of timers) clearTimeout(timer);
    removeEventListener('offline', wentOffline);
    removeEventListener('online', cameOnline);
  };
}
