// SPDX-License-Identifier: MIT
// Pages are bundled apart and come when they are first needed.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ErrorNotice, Loading } from '@/components/Notice';

export interface Lazy<P> {
  load: () => Promise<ComponentType<P>>;
  Component: ComponentType<P>;
}

export function lazy<P extends object>(fetchPage: () => Promise<ComponentType<P>>): Lazy<P> {
  let page: ComponentType<P> | null = null;
  const load = async () => (page ??= await fetchPage());

  function LazyPage(props: P) {
    const [state, setState] = useState({ ready: page !== null, error: null as unknown });
    useEffect(() => {
      load().then(
        () => setState((old) => (old.ready ? old : { ready: true, error: null })),
        // A failed import stays failed for this document; a new server has new file names.
        () => setState({ ready: false, error: new Error('This page could not be loaded.') }),
      );
    }, []);
    if (state.error !== null)
      return <ErrorNotice error={state.error} retry={() => location.reload()} />;
    const Page = page;
    return Page === null ? <Loading label="Loading the page" /> : <Page {...props} />;
  }
  return { load, Component: LazyPage };
}
