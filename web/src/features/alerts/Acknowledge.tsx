// SPDX-License-Identifier: MIT
// "I have seen it", with a word for the others.
import { useState } from 'preact/hooks';
import { Dialog } from '@/components/Dialog';
import { TextField } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { alerts } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import { applyLive } from '@/lib/live';
import type { Alert } from '@/types/api';

interface Props {
  alert: Alert;
  onClose: () => void;
  onDone?: (alert: Alert) => void;
}

export function Acknowledge({ alert, onClose, onDone }: Props) {
  const [comment, setComment] = useState('');
  const action = useAction(alerts.acknowledge);
  const submit = async (event: Event) => {
    event.preventDefault();
    const answer = await action.run(alert.id, comment.trim());
    if (answer === null) return;
    applyLive({ type: 'alert', data: answer });
    onDone?.(answer);
    onClose();
  };
  return (
    <Dialog title="Acknowledge the alert" onClose={onClose}>
      <form class="grid gap-4" onSubmit={(event) => void submit(event)}>
        <p>{alert.summary}</p>
        <TextField
          label="Comment (optional)"
          hint="Others see it with your name. The alert stays open until the condition is over."
          value={comment}
          onInput={setComment}
        />
        <ErrorNotice error={action.error} />
        <div class="flex flex-wrap justify-end gap-2">
          <button type="button" class="btn" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="btn btn-main" disabled={action.busy}>
            {action.busy ? 'Saving…' : 'Acknowledge'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
