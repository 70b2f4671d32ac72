// SPDX-License-Identifier: MIT
// Who is signed in.
import { session as api } from '@/lib/api';
import { resetLive } from '@/lib/live';
import { ApiError } from '@/lib/problem';
import { whenSignedOut } from '@/lib/request';
import { createStore, useStore } from '@/lib/store';
import type { Session } from '@/types/api';

export type SessionState =
  | { status: 'loading' }
  | { status: 'out' }
  | { status: 'failed'; error: unknown }
  | { status: 'in'; session: Session };

const store = createStore<SessionState>({ status: 'loading' });

export const useSession = (): SessionState => useStore(store, (state) => state);

export function setSession(session: Session): void {
  store.set({ status: 'in', session });
}

export async function loadSession(): Promise<void> {
  try {
    setSession(await api.read());
  } catch (error) {
    const signedOut = error instanceof ApiError && error.status === 401;
    store.set(signedOut ? { status: 'out' } : { status: 'failed', error });
  }
}

export async function signOut(): Promise<void> {
  await api.signOut();
  resetLive();
  store.set({ status: 'out' });
}

whenSignedOut(() => {
  resetLive();
  store.set({ status: 'out' });
});
