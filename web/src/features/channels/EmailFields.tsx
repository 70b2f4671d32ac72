// SPDX-License-Identifier: MIT
import { Field, SelectField, TextField } from '@/components/Form';
import type { FieldsProps } from '@/features/channels/ChannelEditor';
import { PORTS } from '@/features/channels/form';

const SECURITY = [
  ['starttls', 'STARTTLS (usual, port 587)'],
  ['tls', 'TLS from the start (port 465)'],
  ['none', 'None (only on this machine or network)'],
] as const;

export function EmailFields({ form, errors, set, kept }: FieldsProps) {
  const choose = (security: typeof form.security) => {
    const usual = Object.values(PORTS).includes(form.port);
    set(usual ? { security, port: PORTS[security] } : { security });
  };
  return (
    <>
      <div class="grid items-start gap-3 sm:grid-cols-[2fr_1fr_2fr]">
        <TextField
          label="Mail server"
          value={form.server}
          onInput={(server) => set({ server })}
          error={errors.server ?? null}
          placeholder="smtp.example.org"
        />
        <TextField label="Port" value={form.port} onInput={(port) => set({ port })} error={errors.port ?? null} />
        <SelectField label="Encryption" value={form.security} options={SECURITY} onChange={choose} />
      </div>
      <div class="grid items-start gap-3 sm:grid-cols-2">
        <TextField
          label="User name (optional)"
          autocomplete="off"
          value={form.username}
          onInput={(username) => set({ username })}
          error={errors.username ?? null}
        />
        <TextField
          label="Password (optional)"
          type="password"
          autocomplete="new-password"
          value={form.password}
          onInput={(password) => set({ password })}
          error={errors.password ?? null}
          hint={kept.includes('password') ? 'One is stored. Leave empty to keep it.' : undefined}
        />
      </div>
      <TextField
        label="From"
        value={form.from}
        onInput={(from) => set({ from })}
        error={errors.from ?? null}
        placeholder="monitor@example.org"
      />
      <Field label="To" hint="One address per line." error={errors.to ?? null}>
        {({ id, describedBy }) => (
          <textarea
            id={id}
            class="field"
            rows={2}
            aria-describedby={describedBy}
            value={form.to}
            onInput={(event) => set({ to: event.currentTarget.value })}
          />
        )}
      </Field>
    </>
  );
}
