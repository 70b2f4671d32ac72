// SPDX-License-Identifier: MIT
// After the first one-time link: the e-mail and password to come back with.
import { useState } from 'preact/hooks';
import { TextField, fieldError } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { session as api } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import { setSession } from '@/lib/session';

const PASSWORD_MIN = 10;

export function PasswordSetup({ email: known }: { email: string }) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [checked, setChecked] = useState(false);
  const save = useAction(api.setPassword);
  const differs = checked && password !== again;
  const submit = async (event: Event) => {
    event.preventDefault();
    setChecked(true);
    if (password !== again) return;
    const saved = await save.run({ email: email.trim(), password });
    if (saved !== null) setSession(saved);
  };
  return (
    <form class="grid gap-4" onSubmit={(event) => void submit(event)}>
      <p class="text-soft">The link that brought you here works once. Next time, sign in with these.</p>
      <TextField
        label="E-mail"
        type="email"
        autocomplete="username"
        required
        value={email}
        onInput={setEmail}
        error={fieldError(save.error, 'email')}
      />
      <TextField
        label="Password"
        type="password"
        autocomplete="new-password"
        required
        minLength={PASSWORD_MIN}
        value={password}
        onInput={setPassword}
        hint={`At least ${PASSWORD_MIN} characters.`}
        error={fieldError(save.error, 'password')}
      />
      <TextField
        label="Password again"
        type="password"
        autocomplete="new-password"
        required
        value={again}
        onInput={setAgain}
        error={differs ? 'The two passwords differ.' : null}
      />
      <ErrorNotice error={save.error} />
      <button type="submit" class="btn btn-main" disabled={save.busy}>
        {save.busy ? 'Saving…' : 'Save and open the dashboard'}
      </button>
    </form>
  );
}
