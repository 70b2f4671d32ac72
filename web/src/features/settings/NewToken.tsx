// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { CopyBox } from '@/components/Copy';
import { SelectField, TextField, fieldError } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { tokens } from '@/lib/api';
import { useAction } from '@/lib/hooks';

type Kind = 'enrol' | 'read' | 'user';

const KINDS = [
  ['read', 'Read: look at everything, change nothing'],
  ['user', 'User: whatever you may do'],
  ['enrol', 'Enrol: add hosts, nothing else'],
] as const;

export function NewToken({ onMade }: { onMade: () => void }) {
  const [kind, setKind] = useState<Kind>('read');
  const [name, setName] = useState('');
  const [secret, setSecret] = useState<string | null>(null);
  const create = useAction(tokens.create);
  const submit = async (event: Event) => {
    event.preventDefault();
    const made = await create.run(kind, name.trim());
    if (made === null) return;
    setSecret(made.token);
    setName('');
    onMade();
  };
  return (
    <form class="card grid grid-cols-[minmax(0,1fr)] gap-3 p-4" onSubmit={(event) => void submit(event)}>
      <div class="grid items-end gap-3 sm:grid-cols-[1fr_1fr_auto]">
        <TextField
          label="Name of the new token"
          required
          value={name}
          onInput={setName}
          error={fieldError(create.error, 'name')}
        />
        <SelectField label="What it may do" value={kind} options={KINDS} onChange={setKind} />
        <button type="submit" class="btn btn-main" disabled={create.busy}>
          {create.busy ? 'Making…' : 'Make a token'}
        </button>
      </div>
      <ErrorNotice error={create.error} />
      {secret !== null && (
        <div class="grid grid-cols-[minmax(0,1fr)] gap-1">
          <p class="font-medium">Copy it now: it is not shown again.</p>
          <CopyBox text={secret} label="the token" />
        </div>
      )}
    </form>
  );
}
