// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { TextField } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { session as api } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import { setSession } from '@/lib/session';

export function SignInForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useAction(api.signIn);
  const submit = async (event: Event) => {
    event.preventDefault();
    const opened = await signIn.run(email.trim(), password);
    if (opened !== null) setSession(opened);
  };
  return (
    <form class="grid gap-4" onSubmit={(event) => void submit(event)}>
      <TextField
        label="E-mail"
        type="email"
        autocomplete="username"
        required
        value={email}
        onInput={setEmail}
      />
      <TextField
        label="Password"
        type="password"
        autocomplete="current-password"
        required
        value={password}
        onInput={setPassword}
      />
      <ErrorNotice error={signIn.error} />
      <button type="submit" class="btn btn-main" disabled={signIn.busy}>
        {signIn.busy ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  );
}
