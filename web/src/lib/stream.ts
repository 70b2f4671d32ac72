// SPDX-License-Identifier: MIT
// The connection for server-sent events.  The browser reconnects a dropped one by itself and
// sends Last-Event-ID; we only add what it does not do: open anew after it gave up, and ask
// the server when a connection that looks open has been silent for long.
//
//   connecting ──open──► open ──error──► cut ──open──► open
//        └──────not within 4 s──────────► cut        (a silent open whose probe fails is cut too)
import { LIVE_EVENTS, type LiveEvent } from '@/lib/live-state';

export type StreamStatus = 'connecting' | 'open' | 'cut';

export interface StreamHandlers {
  /** `fresh`: this connection resumes nothing, so everything must be loaded. */
  event: (event: LiveEvent, fresh: boolean) => void;
  status: (status: StreamStatus) => void;
  probe: (signal: AbortSignal) => Promise<unknown>;
  /** The server answered, but not with a stream. */
  refused: () => void;
}

const OPEN_WITHIN_MS = 4_000;
const SILENT_MS = 12_000;
const PROBE_MS = 3_000;
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 10_000;

function parseEvent(type: LiveEvent['type'], data: unknown): LiveEvent | null {
  try {
    return { type, data: JSON.parse(String(data)) } as LiveEvent;
  } catch {
    return null;
  }
}

interface Watch {
  silentMs: () => number;
  probe: (signal: AbortSignal) => Promise<unknown>;
  answered: () => void;
  failed: () => void;
}

/** A connection that died without a word looks open: after a silence, asks by another way. */
function watchSilence({ silentMs, probe, answered, failed }: Watch): () => void {
  let probing = false;
  const timer = setInterval(() => {
    if (probing || silentMs() <= SILENT_MS) return;
    probing = true;
    probe(AbortSignal.timeout(PROBE_MS))
      .then(answered, failed)
      .finally(() => (probing = false));
  }, 1_000);
  return () => clearInterval(timer);
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

  const reopen = () => {
    source?.close();
    source = null;
    handlers.status('cut');
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

  const stopWatching = watchSilence({
    silentMs: () => (source?.readyState === EventSource.OPEN ? Date.now() - lastHeard : 0),
    probe: handlers.probe,
    answered: () => (lastHeard = Date.now()),
    failed: () => closed || reopen(),
  });

  const wentOffline = () => handlers.status('cut');
  const cameOnline = () => source?.readyState === EventSource.OPEN && handlers.status('open');
  addEventListener('offline', wentOffline);
  addEventListener('online', cameOnline);
  handlers.status('connecting');
  connect();

  return () => {
    closed = true;
    source?.close();
    stopWatching();
    for (const timer of timers) clearTimeout(timer);
    removeEventListener('offline', wentOffline);
    removeEventListener('online', cameOnline);
  };
}
