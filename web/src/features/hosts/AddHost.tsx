// SPDX-License-Identifier: MIT
// One command that makes a machine report here, and the page notices when it does.
import { useState } from 'preact/hooks';
import { CopyBox } from '@/components/Copy';
import { Icon } from '@/components/Icon';
import { ErrorNotice, Loaded, Notice } from '@/components/Notice';
import { commandWithToken } from '@/features/hosts/install';
import { install as readInstall, tokens } from '@/lib/api';
import { useAction, useResource } from '@/lib/hooks';
import { useLive } from '@/lib/live';
import type { Host, Install } from '@/types/api';

/** Hosts whose first report came while the page was open. */
function useNewcomers(): Host[] {
  const hosts = useLive((live) => live.hosts);
  const [known] = useState(
    () => new Set([...hosts.values()].filter((host) => host.last_seen_ms !== null).map(({ id }) => id)),
  );
  return [...hosts.values()].filter((host) => host.last_seen_ms !== null && !known.has(host.id));
}

function Newcomers() {
  const found = useNewcomers();
  if (found.length === 0)
    return (
      <p class="flex items-center gap-2 text-soft" role="status">
        <Icon name="dotted" class="animate-pulse" /> Waiting for the first report. It appears here by
        itself.
      </p>
    );
  return (
    <Notice tone="ok">
      {found.map((host) => (
        <p key={host.id}>
          <strong>{host.name}</strong> reports. <a href={`/hosts/${host.id}`}>Open its page</a>
        </p>
      ))}
    </Notice>
  );
}

function tokenName(): string {
  return `Dashboard ${new Date().toISOString().slice(0, 16).replace('T', ' ')}`;
}

function Command({ info }: { info: Install }) {
  const create = useAction(() => tokens.create('enrol', tokenName()));
  const [token, setToken] = useState<string | null>(null);
  const make = async () => {
    const made = await create.run();
    if (made !== null) setToken(made.token);
  };
  if (token === null)
    return (
      <div class="grid justify-items-start gap-3">
        <p class="text-soft">
          The command carries an enrolment token made for it. You can end the token in the settings
          at any time; hosts that already joined keep reporting.
        </p>
        <ErrorNotice error={create.error} />
        <button type="button" class="btn btn-main" disabled={create.busy} onClick={() => void make()}>
          {create.busy ? 'Making the command…' : 'Make the command'}
        </button>
      </div>
    );
  return (
    <div class="grid grid-cols-[minmax(0,1fr)] gap-3">
      <p>Run this on the machine to watch:</p>
      <CopyBox text={commandWithToken(info.command, token)} label="the command" />
      <Newcomers />
    </div>
  );
}

export function AddHost() {
  const info = useResource('install', readInstall);
  return (
    <section class="card grid max-w-3xl grid-cols-[minmax(0,1fr)] gap-3 p-5" aria-label="Add a host">
      <h2>Add a host</h2>
      <Loaded resource={info} rows={1}>
        {(data) => (
          <>
            <Command info={data} />
            <dl class="grid gap-x-3 text-xs text-soft sm:grid-cols-[auto_minmax(0,1fr)]">
              <dt>Reports go to</dt>
              <dd class="font-mono break-all">{data.server_url}</dd>
              {data.fingerprint && (
                <>
                  <dt>Certificate</dt>
                  <dd class="font-mono break-all">{data.fingerprint}</dd>
                </>
              )}
            </dl>
          </>
        )}
      </Loaded>
    </section>
  );
}
