// SPDX-License-Identifier: MIT
// What a channel could not deliver for good: which messages, why, and another try.
import { useState } from 'preact/hooks';
import { Ago } from '@/components/Ago';
import { ErrorNotice } from '@/components/Notice';
import { channels } from '@/lib/api';
import { useAction, useResource } from '@/lib/hooks';
import { plural } from '@/lib/units';

function Letters({ id }: { id: number }) {
  const resource = useResource(`failed-${id}`, (signal) => channels.failed(id, signal));
  if (resource.error !== null) return <ErrorNotice error={resource.error} />;
  return (
    <ul class="grid gap-2">
      {(resource.data ?? []).map((letter) => (
        <li key={letter.id} class="break-words">
          {letter.title}
          <p class="text-soft">
            Failed <Ago at={letter.finished_ms} /> after {plural(letter.attempts, 'attempt')}: {letter.answer}
          </p>
        </li>
      ))}
    </ul>
  );
}

export function DeadLetters({ id, count, onSent }: { id: number; count: number; onSent: () => void }) {
  const [open, setOpen] = useState(false);
  const resend = useAction(async () => {
    await channels.resend(id);
    setOpen(false);
    onSent();
  });
  return (
    <div class="grid gap-2">
      <div class="flex flex-wrap items-center gap-2">
        <span>{plural(count, 'message')} failed for good.</span>
        <button type="button" class="btn" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide' : 'Show'}
        </button>
        <button type="button" class="btn" disabled={resend.busy} onClick={() => void resend.run()}>
          Send again
        </button>
      </div>
      <ErrorNotice error={resend.error} />
      {open && <Letters id={id} />}
    </div>
  );
}
