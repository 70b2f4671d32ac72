// SPDX-License-Identifier: MIT
// Three ways in: a one-time link, setting e-mail and password after it, e-mail and password.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '@/components/Icon';
import { ErrorNotice, Loading } from '@/components/Notice';
import { PasswordSetup } from '@/features/signin/PasswordSetup';
import { SignInForm } from '@/features/signin/SignInForm';
import { session as api } from '@/lib/api';
import { useAction, useTitle } from '@/lib/hooks';
import { ApiError } from '@/lib/problem';
import { navigate, usePlace } from '@/lib/router';
import { setSession, useSession } from '@/lib/session';
import { safeNext } from '@/lib/url-state';

function Shell({ title, children }: { title: string; children: ComponentChildren }) {
  useTitle(title);
  return (
    <main class="grid min-h-screen content-center justify-items-center p-4">
      <div class="grid w-full max-w-sm gap-5">
        <div class="flex items-center justify-center gap-2 text-xl font-bold">
          <Icon name="chart" class="text-accent" /> Sentora
        </div>
        <div class="card grid gap-4 p-6">
          <h1>{title}</h1>
          {children}
        </div>
      </div>
    </main>
  );
}

/** Whether the same link may work a moment later. */
const mayPass = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);

function OpenLink({ link }: { link: string }) {
  const open = useAction(api.openLink);
  const tried = useRef(false);
  const run = async () => {
    const opened = await open.run(link);
    if (opened === null) return;
    setSession(opened);
    navigate('/signin', { replace: true }); /* the secret leaves the address bar */
  };
  useEffect(() => {
    if (tried.current) return;
    tried.current = true;
    void run();
  });
  if (open.error === null)
    return (
      <Shell title="Opening your sign-in link">
        <Loading rows={1} label="Signing in" />
      </Shell>
    );
  return (
    <Shell title="This link did not work">
      <ErrorNotice error={open.error} retry={mayPass(open.error) ? () => void run() : undefined} />
      <p class="text-soft">
        A sign-in link works once. Sign in with your password, or have the server print a new link.
      </p>
      <a class="btn" href="/signin">
        Sign in with e-mail and password
      </a>
    </Shell>
  );
}

export function SignInPage() {
  const params = new URLSearchParams(usePlace().search);
  const state = useSession();
  const link = params.get('link');
  const next = safeNext(params.get('next'));
  const ready = link === null && state.status === 'in' && !state.session.needs_password;
  useEffect(() => {
    if (ready) navigate(next, { replace: true });
  }, [ready, next]);
  if (link !== null) return <OpenLink key={link} link={link} />;
  if (state.status === 'in' && state.session.needs_password)
    return (
      <Shell title="Set up your account">
        <PasswordSetup email={state.session.user.email ?? ''} />
      </Shell>
    );
  return (
    <Shell title="Sign in">
      <SignInForm />
    </Shell>
  );
}
