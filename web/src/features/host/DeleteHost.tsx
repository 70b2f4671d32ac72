// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { Confirm } from '@/components/Dialog';
import { Icon } from '@/components/Icon';
import { hosts } from '@/lib/api';
import { useAction } from '@/lib/hooks';
import { applyLive } from '@/lib/live';
import { navigate } from '@/lib/router';
import type { Host } from '@/types/api';

export function DeleteHost({ host }: { host: Host }) {
  const [asking, setAsking] = useState(false);
  const remove = useAction(async () => {
    await hosts.remove(host.id);
    navigate('/');
    applyLive({ type: 'host_removed', data: { id: host.id } });
  });
  return (
    <>
      <button type="button" class="btn" onClick={() => setAsking(true)}>
        <Icon name="trash" /> Delete
      </button>
      {asking && (
        <Confirm
          title={`Delete ${host.name}?`}
          verb={`Delete ${host.name}`}
          action={remove}
          onClose={() => setAsking(false)}
        >
          <p>
            Its measurements, alerts and token are deleted for good. An agent that still runs there
            is refused until it joins again. Recorded outages stay until someone clears them.
          </p>
        </Confirm>
      )}
    </>
  );
}
