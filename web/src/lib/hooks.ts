// SPDX-License-Identifier: MIT
// Hooks that talk to the outside: the clock, the server, the document.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { serverNow } from '@/lib/live';
import { createStore, useStore } from '@/lib/store';

const second = createStore(0);
setInterval(() => second.set(Math.floor(Date.now() / 1000)), 1000);

/** The server's time, ticking once a second, or when another `everyMs` begins. */
export function useNow(everyMs = 1000): number {
  useStore(second, (tick) => Math.floor((tick * 1000) / everyMs));
  return serverNow();
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Sentora' : `${title} · Sentora`;
  }, [title]);
}

export interface Resource<T> {
  data: T | null;
  error: unknown;
  loading: boolean;
  reload: () => void;
  /** Shows a newer version that is already here. */
  replace: (data: T) => void;
}

/** Loads when `key` changes and on reload(); keeps the old data while the same key reloads. */
export function useResource<T>(key: string, load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const [state, setState] = useState<{ key: string; data: T | null; error: unknown }>({
    key,
    data: null,
    error: null,
  });
  const [round, setRound] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  useEffect(() => {
    const abort = new AbortController();
    loader
      .current(abort.signal)
      .then((data) => abort.signal.aborted || setState({ key, data, error: null }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return;
        setState((old) => ({ key, data: old.key === key ? old.data : null, error }));
      });
    return () => abort.abort();
  }, [key, round]);
  const current = state.key === key ? state : { data: null, error: null };
  return {
    data: current.data,
    error: current.error,
    loading: current.data === null && current.error === null,
    reload: useCallback(() => setRound((count) => count + 1), []),
    replace: useCallback((data: T) => setState({ key, data, error: null }), [key]),
  };
}

export interface Action<A extends unknown[], R> {
  /** Null when it failed or another run is under way. */
  run: (...args: A) => Promise<R | null>;
  busy: boolean;
  error: unknown;
  clear: () => void;
}

/** Something a person starts: one at a time, with its error kept for showing. */
export function useAction<A extends unknown[], R>(act: (...args: A) => Promise<R>): Action<A, R> {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const running = useRef(false);
  const run = async (...args: A): Promise<R | null> => {
    if (running.current) return null;
    running.current = true;
    setState({ busy: true, error: null });
    try {
      const result = await act(...args);
      setState({ busy: false, error: null });
      return result;
    } catch (error) {
      setState({ busy: false, error });
      return null;
    } finally {
      running.current = false;
    }
  };
  return { ...state, run, clear: () => setState({ busy: false, error: null }) };
}
