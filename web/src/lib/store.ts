// SPDX-License-Identifier: MIT
// A value that lives outside components, and a hook that follows a part of it.
import { useEffect, useState } from 'preact/hooks';

export interface Store<T> {
  get: () => T;
  set: (value: T) => void;
  subscribe: (listener: () => void) => () => void;
}

export function createStore<T>(initial: T): Store<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set: (value) => {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** `select` must return the same thing for the same state, or the component renders forever. */
export function useStore<T, S>(store: Store<T>, select: (state: T) => S): S {
  const [, redraw] = useState(0);
  const selected = select(store.get());
  useEffect(() => {
    let last = select(store.get());
    if (!Object.is(last, selected)) redraw((count) => count + 1);
    return store.subscribe(() => {
      const next = select(store.get());
      if (Object.is(next, last)) return;
      last = next;
      redraw((count) => count + 1);
    });
    // A selector is written inline and means the same on every render.
    // eslint-disable-next-line react/exhaustive-deps
  }, [store]);
  return selected;
}
