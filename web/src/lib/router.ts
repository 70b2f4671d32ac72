// SPDX-License-Identifier: MIT
// The address bar as a store: where we are, and how to go elsewhere.
import { createStore, useStore } from '@/lib/store';
import { type Codec, withParam } from '@/lib/url-state';

export interface Place {
  path: string;
  search: string;
}

const here = (): Place => ({
  path: globalThis.location?.pathname ?? '/',
  search: globalThis.location?.search ?? '',
});

const place = createStore<Place>(here());

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  if (options.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  place.set(here());
}

export const usePlace = (): Place => useStore(place, (state) => state);

/** One parameter of the URL as state; changing it replaces the address, not a new history entry. */
export function useParam<T>(key: string, codec: Codec<T>): [T, (value: T) => void] {
  const { search } = usePlace();
  const value = codec.read(new URLSearchParams(search).get(key));
  const set = (next: T) => {
    const current = here();
    navigate(current.path + withParam(current.search, key, codec, next), { replace: true });
  };
  return [value, set];
}

function internalLink(event: MouseEvent): HTMLAnchorElement | null {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.target !== '' || link.hasAttribute('download')) return null;
  return link.origin === location.origin && link.getAttribute('href')?.startsWith('/') ? link : null;
}

/** Makes plain <a href="/…"> links move within the page, once for the whole document. */
export function startRouter(): void {
  addEventListener('popstate', () => place.set(here()));
  document.addEventListener('click', (event) => {
    const link = internalLink(event);
    if (link === null) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
