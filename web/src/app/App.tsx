// SPDX-License-Identifier: MIT
// Decides between signing in and the pages behind it.
import { useEffect } from 'preact/hooks';
import { Layout } from '@/app/Layout';
import { liveHostOf, pageOf } from '@/app/routes';
import { Empty, ErrorNotice, Loading } from '@/components/Notice';
import { SignInPage } from '@/features/signin/SignInPage';
import { connectLive } from '@/lib/live';
import { navigate, usePlace } from '@/lib/router';
import { loadSession, useSession } from '@/lib/session';

const RETRY_MS = 5_000;

/** The server was not there when the page opened; it asks again until it is. */
function Unreachable({ error }: { error: unknown }) {
  useEffect(() => {
    const timer = setInterval(() => void loadSession(), RETRY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <main class="mx-auto grid max-w-xl gap-3 p-6">
      <h1>Sentora</h1>
      <ErrorNotice error={error} retry={() => void loadSession()} />
      <p class="text-soft">This page asks again every few seconds.</p>
    </main>
  );
}

function NotFound() {
  return (
    <Empty title="There is no such page">
      <a href="/">Back to the overview</a>
    </Empty>
  );
}

function Pages({ path }: { path: string }) {
  const hostId = liveHostOf(path);
  useEffect(() => connectLive(hostId), [hostId]);
  return <Layout path={path}>{pageOf(path) ?? <NotFound />}</Layout>;
}

function ToSignIn({ from }: { from: string }) {
  useEffect(() => {
    const next = from === '/' ? '' : `?next=${encodeURIComponent(from)}`;
    navigate(`/signin${next}`, { replace: true });
  }, [from]);
  return null;
}

export function App() {
  const { path, search } = usePlace();
  const state = useSession();
  if (path === '/signin') return <SignInPage />;
  switch (state.status) {
    case 'loading':
      return (
        <div class="mx-auto max-w-3xl p-6">
          <Loading label="Loading the dashboard" />
        </div>
      );
    case 'failed':
      return <Unreachable error={state.error} />;
    case 'out':
      return <ToSignIn from={path + search} />;
    case 'in':
      return state.session.needs_password ? <SignInPage /> : <Pages path={path} />;
  }
}
