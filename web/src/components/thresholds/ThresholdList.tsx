// SPDX-License-Identifier: MIT
// Thresholds of the organisation or of one host, each changed where it stands.
import { useState } from 'preact/hooks';
import { Switch } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { SeverityBadge } from '@/components/State';
import { ThresholdEditor } from '@/components/thresholds/ThresholdEditor';
import { type Scope, hasLimit } from '@/components/thresholds/form';
import { useAction } from '@/lib/hooks';
import { duration } from '@/lib/time';
import { withUnit } from '@/lib/units';
import type { Threshold, ThresholdChange } from '@/types/api';

export interface ThresholdActions {
  scope: Scope;
  save: (key: string, change: ThresholdChange) => Promise<void>;
  reset?: (key: string) => Promise<void>;
}

const SIGNS: Record<string, string> = { '>=': '≥', '<=': '≤' };

function condition(threshold: Threshold, scope: Scope): string {
  const { comparison, limit, clear, for_s, unit } = threshold;
  const wait = for_s === 0 ? 'at once' : `for ${duration(for_s)}`;
  if (!hasLimit(threshold)) return for_s === 0 ? 'alerts at once' : `alerts after ${duration(for_s)}`;
  const back = scope === 'default' && clear !== null && clear !== limit ? `, ends at ${withUnit(clear, unit)}` : '';
  return `${SIGNS[comparison] ?? comparison} ${withUnit(limit, unit)} ${wait}${back}`;
}

interface RowProps extends ThresholdActions {
  threshold: Threshold;
}

function ThresholdRow({ threshold, scope, save, reset }: RowProps) {
  const [editing, setEditing] = useState(false);
  const toggle = useAction((enabled: boolean) => save(threshold.key, { enabled }));
  const restore = useAction(async () => reset?.(threshold.key));
  const own = scope === 'host' && threshold.source === 'host';
  return (
    <li class="grid gap-2 px-4 py-3">
      <div class="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div class="min-w-0 grow basis-56">
          <div class="font-medium">{threshold.title}</div>
          <div class={threshold.enabled ? 'text-soft' : 'text-soft line-through'}>
            {condition(threshold, scope)}
          </div>
        </div>
        {own && <span class="rounded-full bg-tint px-2 py-0.5 text-xs text-accent">own value</span>}
        <SeverityBadge severity={threshold.severity} />
        <Switch
          label={`${threshold.title}: alert`}
          hideLabel
          checked={threshold.enabled}
          disabled={toggle.busy}
          onChange={(enabled) => void toggle.run(enabled)}
        />
        <div class="flex gap-1">
          {own && (
            <button type="button" class="btn btn-quiet" disabled={restore.busy} onClick={() => void restore.run()}>
              Use default
            </button>
          )}
          <button type="button" class="btn" aria-expanded={editing} onClick={() => setEditing(!editing)}>
            {editing ? 'Close' : 'Edit'}
            <span class="sr-only"> {threshold.title}</span>
          </button>
        </div>
      </div>
      <ErrorNotice error={toggle.error ?? restore.error} />
      {editing && (
        <ThresholdEditor threshold={threshold} scope={scope} save={save} close={() => setEditing(false)} />
      )}
    </li>
  );
}

export function ThresholdList(props: ThresholdActions & { thresholds: Threshold[] }) {
  const { thresholds, ...actions } = props;
  return (
    <ul class="card divide-y divide-line">
      {thresholds.map((threshold) => (
        <ThresholdRow key={threshold.key} threshold={threshold} {...actions} />
      ))}
    </ul>
  );
}
