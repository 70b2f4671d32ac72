// SPDX-License-Identifier: MIT
// The form of a channel, new or old.  Secrets are written only: the server never sends them.
import { useState } from 'preact/hooks';
import { TextField, fieldError } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { ChatFields } from '@/features/channels/ChatFields';
import { chatOf, kindTitle } from '@/features/channels/chats';
import { EmailFields } from '@/features/channels/EmailFields';
import { WebhookFields } from '@/features/channels/WebhookFields';
import { type ChannelErrors, type ChannelForm, formOf, newForm, readForm } from '@/features/channels/form';
import { channels } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import type { Channel, ChannelChange, ChannelKind } from '@/types/api';

export interface FieldsProps {
  form: ChannelForm;
  errors: ChannelErrors;
  set: (change: Partial<ChannelForm>) => void;
  /** Names of the secrets that the server has. */
  kept: readonly string[];
}

interface EditorProps {
  kind: ChannelKind;
  channel?: Channel;
  onSaved: (channel: Channel) => void;
  onCancel: () => void;
}

const API_FIELDS: Record<string, keyof ChannelForm> = { signing_key: 'signingKey' };

/** The server's complaint, under the input it names ("config.server" or "server"). */
function serverErrors(error: unknown, form: ChannelForm): ChannelErrors {
  const found: ChannelErrors = {};
  for (const prefix of ['', 'config.', 'secrets.']) {
    for (const name of [...Object.keys(form), ...Object.keys(API_FIELDS)]) {
      const said = fieldError(error, prefix + name);
      if (said !== null) found[API_FIELDS[name] ?? (name as keyof ChannelForm)] = said;
    }
  }
  for (const { key } of chatOf(form.kind)?.fields ?? []) {
    const said = fieldError(error, `config.${key}`) ?? fieldError(error, `secrets.${key}`);
    if (said !== null) found[`values.${key}`] = said;
  }
  return found;
}

function KindFields(fields: FieldsProps) {
  if (chatOf(fields.form.kind) !== undefined) return <ChatFields {...fields} />;
  return fields.form.kind === 'email' ? <EmailFields {...fields} /> : <WebhookFields {...fields} />;
}

export function ChannelEditor({ kind, channel, onSaved, onCancel }: EditorProps) {
  const [form, setForm] = useState(() => (channel === undefined ? newForm(kind) : formOf(channel)));
  const [wrong, setWrong] = useState<ChannelErrors>({});
  const save = useAction((change: ChannelChange) =>
    channel === undefined ? channels.create({ kind, ...change }) : channels.change(channel.id, change),
  );
  const submit = async (event: Event) => {
    event.preventDefault();
    const read = readForm(form, channel?.has_secrets);
    setWrong('errors' in read ? read.errors : {});
    if ('errors' in read) return;
    const saved = await save.run(read.change);
    if (saved !== null) onSaved(saved);
  };
  const errors = { ...serverErrors(save.error, form), ...wrong };
  const set = (change: Partial<ChannelForm>) => setForm({ ...form, ...change });
  const fields = { form, errors, set, kept: channel?.has_secrets ?? [] };
  return (
    <form class="grid gap-3" noValidate onSubmit={(event) => void submit(event)}>
      <TextField
        label="Name"
        value={form.name}
        onInput={(name) => set({ name })}
        error={errors.name ?? null}
        placeholder={kind === 'email' ? 'Mail to the team' : `${kindTitle(kind)} of the team`}
      />
      <KindFields {...fields} />
      <ErrorNotice error={save.error} />
      <div class="flex flex-wrap gap-2">
        <button type="submit" class="btn btn-main" disabled={save.busy}>
          {save.busy ? 'Saving…' : 'Save'}
        </button>
        <button type="button" class="btn" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
