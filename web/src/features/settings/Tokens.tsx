// SPDX-License-Identifier: MIT
// Keys for machines and scripts.  The secret is shown once, when it is made.
import { useState } from 'preact/hooks';
import { Ago, When } from '@/components/Ago';
import { Confirm } from '@/components/Dialog';
import { Icon } from '@/components/Icon';
import { Loaded } from '@/components/Notice';
import { Section } from '@/components/Page';
import { NewToken } from '@/features/settings/NewToken';
import { tokens as api } from '@/lib/api';
import { useAction, useResource } from '@/lib/hooks';
import { useLive } from '@/lib/live';
import type { Token } from '@/types/api';

const KINDS: Record<string, string> = {
  enrol: 'Adds hosts',
  host: 'Reports for one host',
  read: 'Reads',
  user: 'Acts as a person',
};

function TokenRow({ token, onRemoved }: { token: Token; onRemoved: () => void }) {
  const [asking, setAsking] = useState(false);
  const host = useLive((live) => (token.host_id === null ? undefined : live.hosts.get(token.host_id)));
  const remove = useAction(async () => {
    await api.remove(token.id);
    onRemoved();
  });
  return (
    <li class="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <div class="min-w-0 grow basis-48">
        <div class="font-medium break-words">{token.name || host?.name || 'Without a name'}</div>
        <div class="text-xs text-soft">
          {KINDS[token.kind] ?? token.kind}
          {host && ` (${host.name})`}
        </div>
      </div>
      <div class="text-xs text-soft">
        made <When at={token.created_ms} />, last used <Ago at={token.last_used_ms} />
      </div>
      <button type="button" class="btn" onClick={() => setAsking(true)}>
        <Icon name="trash" /> End<span class="sr-only"> the token {token.name}</span>
      </button>
      {asking && (
        <Confirm title={`End the token ${token.name}?`} verb="End it" action={remove} onClose={() => setAsking(false)}>
          <p>
            Whoever uses it is refused from now on.
            {token.kind === 'host' && ' The agent of this host cannot report until it joins again.'}
          </p>
        </Confirm>
      )}
    </li>
  );
}

export function Tokens() {
  const resource = useResource('tokens', (signal) => api.list(signal));
  return (
    <Section title="Tokens" lead="Keys for agents and scripts.">
      <NewToken onMade={resource.reload} />
      <Loaded resource={resource} rows={2}>
        {(tokens) =>
          tokens.length === 0 ? (
            <p class="card px-4 py-6 text-center text-soft">There are no tokens.</p>
          ) : (
            <ul class="card divide-y divide-line">
              {tokens.map((token) => (
                <TokenRow key={token.id} token={token} onRemoved={resource.reload} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}
