// SPDX-License-Identifier: MIT
// E-mail, name and password of the person who is signed in.
import { useState } from 'preact/hooks';
import { TextField, fieldError } from '@/components/Form';
import { ErrorNotice, Notice } from '@/components/Notice';
import { Section } from '@/components/Page';
import { session as api } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import { setSession } from '@/lib/session';
import type { Session } from '@/types/api';

interface AccountForm {
  email: string;
  name: string;
  current: string;
  password: string;
}

const formOf = (user: Session['user']): AccountForm => ({
  email: user.email ?? '',
  name: user.name ?? '',
  current: '',
  password: '',
});

function useAccount(user: Session['user']) {
  const [form, setForm] = useState(() => formOf(user));
  const [saved, setSaved] = useState(false);
  const save = useAction(api.setPassword);
  const set = (change: Partial<AccountForm>) => {
    setSaved(false);
    setForm({ ...form, ...change });
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const { current, password } = form;
    const name = form.name.trim();
    const body = { email: form.email.trim(), password: password || current, current_password: current };
    const next = await save.run(name === '' ? body : { ...body, name });
    if (next === null) return;
    setSession(next);
    setForm(formOf(next.user));
    setSaved(true);
  };
  return { form, set, submit, save, saved };
}

export function Account({ user }: { user: Session['user'] }) {
  const { form, set, submit, save, saved } = useAccount(user);
  return (
    <Section title="Your account" lead={`Role: ${user.role}`}>
      <form class="card grid gap-3 p-4" onSubmit={(event) => void submit(event)}>
        <div class="grid items-start gap-3 sm:grid-cols-2">
          <TextField
            label="E-mail"
            type="email"
            autocomplete="username"
            required
            value={form.email}
            onInput={(email) => set({ email })}
            error={fieldError(save.error, 'email')}
          />
          <TextField label="Name" autocomplete="name" value={form.name} onInput={(name) => set({ name })} />
          <TextField
            label="Current password"
            type="password"
            autocomplete="current-password"
            required
            value={form.current}
            onInput={(current) => set({ current })}
            error={fieldError(save.error, 'current_password')}
          />
          <TextField
            label="New password (optional)"
            type="password"
            autocomplete="new-password"
            minLength={10}
            value={form.password}
            onInput={(password) => set({ password })}
            error={fieldError(save.error, 'password')}
            hint="At least 10 characters. Leave empty to keep the current one."
          />
        </div>
        <ErrorNotice error={save.error} />
        {saved && <Notice tone="ok">Saved.</Notice>}
        <div>
          <button type="submit" class="btn btn-main" disabled={save.busy}>
            {save.busy ? 'Saving…' : 'Save'}
          </button>
        </div>
      </form>
    </Section>
  );
}
