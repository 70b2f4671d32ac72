// SPDX-License-Identifier: MIT
import { Field, TextField } from '@/components/Form';
import type { FieldsProps } from '@/features/channels/ChannelEditor';

export function WebhookFields({ form, errors, set, kept }: FieldsProps) {
  return (
    <>
      <TextField
        label="Address"
        value={form.url}
        onInput={(url) => set({ url })}
        error={errors.url ?? null}
        placeholder="https://example.org/hooks/alerts"
        hint="Each event is sent there as JSON with POST."
      />
      <Field label="Headers (optional)" hint="One per line, as “Name: value”." error={errors.headers ?? null}>
        {({ id, describedBy }) => (
          <textarea
            id={id}
            class="field font-mono"
            rows={2}
            aria-describedby={describedBy}
            value={form.headers}
            onInput={(event) => set({ headers: event.currentTarget.value })}
          />
        )}
      </Field>
      <TextField
        label="Signing key (optional)"
        type="password"
        autocomplete="new-password"
        value={form.signingKey}
        onInput={(signingKey) => set({ signingKey })}
        error={errors.signingKey ?? null}
        hint={
          kept.includes('signing_key')
            ? 'One is stored. Leave empty to keep it.'
            : 'With a key, every request carries an HMAC-SHA256 in X-Sentora-Signature.'
        }
      />
    </>
  );
}
