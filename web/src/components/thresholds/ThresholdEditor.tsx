// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { SelectField, TextField, fieldError } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { type FormErrors, type Scope, formOf, hasLimit, readForm } from '@/components/thresholds/form';
import { useAction } from '@/lib/hooks';
import type { Threshold, ThresholdChange } from '@/types/api';

interface EditorProps {
  threshold: Threshold;
  scope: Scope;
  save: (key: string, change: ThresholdChange) => Promise<void>;
  close: () => void;
}

const SEVERITIES = [
  ['info', 'Info'],
  ['warning', 'Warning'],
  ['critical', 'Critical'],
] as const;

export function ThresholdEditor({ threshold, scope, save, close }: EditorProps) {
  const [form, setForm] = useState(() => formOf(threshold));
  const [errors, setErrors] = useState<FormErrors>({});
  const action = useAction(save);
  const unit = threshold.unit === '' ? '' : ` (${threshold.unit})`;
  const submit = async (event: Event) => {
    event.preventDefault();
    const read = readForm(form, threshold, scope);
    setErrors('errors' in read ? read.errors : {});
    if ('errors' in read) return;
    const nothing = Object.keys(read.change).length === 0;
    if (nothing || (await action.run(threshold.key, read.change)) !== null) close();
  };
  return (
    <form class="grid gap-3 rounded-lg bg-well p-3" noValidate onSubmit={(event) => void submit(event)}>
      <div class="grid items-start gap-3 sm:grid-cols-2 lg:grid-cols-4">
        {hasLimit(threshold) && (
          <TextField
            label={`Limit${unit}`}
            value={form.limit}
            onInput={(limit) => setForm({ ...form, limit })}
            error={errors.limit ?? fieldError(action.error, 'limit')}
          />
        )}
        {scope === 'default' && hasLimit(threshold) && threshold.clear !== null && (
          <TextField
            label={`Ends at${unit}`}
            value={form.clear}
            onInput={(clear) => setForm({ ...form, clear })}
            error={errors.clear ?? fieldError(action.error, 'clear')}
          />
        )}
        <TextField
          label="For (seconds)"
          hint="How long it must last before it alerts."
          value={form.forS}
          onInput={(forS) => setForm({ ...form, forS })}
          error={errors.forS ?? fieldError(action.error, 'for_s')}
        />
        {scope === 'default' && (
          <SelectField
            label="Severity"
            value={form.severity}
            options={SEVERITIES}
            onChange={(severity) => setForm({ ...form, severity })}
          />
        )}
      </div>
      <ErrorNotice error={action.error} />
      <div class="flex gap-2">
        <button type="submit" class="btn btn-main" disabled={action.busy}>
          {action.busy ? 'Saving…' : 'Save'}
        </button>
        <button type="button" class="btn" onClick={close}>
          Cancel
        </button>
      </div>
    </form>
  );
}
