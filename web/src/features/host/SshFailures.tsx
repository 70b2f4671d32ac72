// SPDX-License-Identifier: MIT
import { Ago } from '@/components/Ago';
import { Section } from '@/components/Page';
import { duration } from '@/lib/time';
import { plural } from '@/lib/units';
import type { Report, SshSource } from '@/types/api';

const USERS_SHOWN = 4;

function users(names: string[]): string {
  const rest = names.length - USERS_SHOWN;
  const shown = names.slice(0, USERS_SHOWN).join(', ');
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function Sources({ sources }: { sources: SshSource[] }) {
  return (
    <ul class="card divide-y divide-line">
      {sources.map((source) => (
        <li key={source.address} class="flex items-start justify-between gap-4 px-4 py-2">
          <div class="min-w-0">
            <div class="font-mono break-words">{source.address}</div>
            <div class="text-xs break-words text-soft">as {users(source.users)}</div>
          </div>
          <div class="shrink-0 text-right">
            <div class="font-medium">{plural(source.count, 'failure')}</div>
            <div class="text-xs text-soft">
              last <Ago at={source.last_ms} />
            </div>
          </div>
        </li>
      ))}
    </ul>
  );
}

export function SshFailures({ ssh: reported }: { ssh: Report['ssh'] | undefined }) {
  const ssh = reported ?? undefined; /* null: the agent says itself that it does not know */
  const lead =
    ssh === undefined ? null : `${plural(ssh.failed, 'failure')} in the last ${duration(ssh.window_s)}`;
  return (
    <Section title="SSH sign-in failures" lead={lead}>
      {ssh === undefined && (
        <p class="card px-4 py-6 text-center text-soft">
          Not known: the agent found no log of sign-ins that it may read.
        </p>
      )}
      {ssh !== undefined && ssh.sources.length === 0 && (
        <p class="card px-4 py-6 text-center text-soft">Nobody failed to sign in.</p>
      )}
      {ssh !== undefined && ssh.sources.length > 0 && <Sources sources={ssh.sources} />}
    </Section>
  );
}
