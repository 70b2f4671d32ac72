// SPDX-License-Identifier: MIT
// State as shape, word and colour together, so that none of them is needed alone.
import { Icon, type IconName } from '@/components/Icon';
import type { HostState, Severity } from '@/types/api';

interface Look {
  icon: IconName;
  word: string;
  tone: Tone;
}

export type Tone = 'ok' | 'warn' | 'bad' | 'plain';

export const TONES: Record<Tone, string> = {
  ok: 'text-ok bg-ok-tint',
  warn: 'text-warn bg-warn-tint',
  bad: 'text-bad bg-bad-tint',
  plain: 'text-soft bg-well',
};

const HOST: Record<HostState, Look> = {
  up: { icon: 'checkCircle', word: 'Up', tone: 'ok' },
  late: { icon: 'clock', word: 'Late', tone: 'warn' },
  down: { icon: 'crossOctagon', word: 'Down', tone: 'bad' },
  waiting: { icon: 'dotted', word: 'Waiting', tone: 'plain' },
};

const SEVERITY: Record<Severity, Look> = {
  info: { icon: 'info', word: 'Info', tone: 'plain' },
  warning: { icon: 'alert', word: 'Warning', tone: 'warn' },
  critical: { icon: 'crossOctagon', word: 'Critical', tone: 'bad' },
};

export function Badge({ icon, word, tone }: Look) {
  return (
    <span
      class={`inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-semibold whitespace-nowrap ${TONES[tone]}`}
    >
      <Icon name={icon} />
      {word}
    </span>
  );
}

export const HostBadge = ({ state }: { state: HostState }) => <Badge {...HOST[state]} />;
export const SeverityBadge = ({ severity }: { severity: Severity }) => (
  <Badge {...SEVERITY[severity]} />
);
export const hostStateWord = (state: HostState): string => HOST[state].word;
