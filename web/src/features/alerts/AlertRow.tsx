// SPDX-License-Identifier: MIT
// An alert in a list, with its acknowledge button.
import { useState } from 'preact/hooks';
import { AlertLine } from '@/components/alert/AlertLine';
import { Acknowledge } from '@/features/alerts/Acknowledge';
import type { Alert } from '@/types/api';

export const canAcknowledge = (alert: Alert): boolean =>
  alert.state === 'firing' && alert.acked_ms === null;

export function AlertRow({ alert }: { alert: Alert }) {
  const [asking, setAsking] = useState(false);
  return (
    <li class="flex flex-wrap items-center">
      <div class="min-w-0 grow basis-80">
        <AlertLine alert={alert} />
      </div>
      {canAcknowledge(alert) && (
        <div class="px-4 pb-2.5 sm:py-2">
          <button type="button" class="btn" onClick={() => setAsking(true)}>
            Acknowledge<span class="sr-only"> {alert.summary}</span>
          </button>
        </div>
      )}
      {asking && <Acknowledge alert={alert} onClose={() => setAsking(false)} />}
    </li>
  );
}
