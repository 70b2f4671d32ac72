// SPDX-License-Identifier: MIT
// The limits in force for one host, changed in place.
import { Loaded } from '@/components/Notice';
import { Section } from '@/components/Page';
import { ThresholdList } from '@/components/thresholds/ThresholdList';
import { hosts } from '@/lib/api';
import { useResource } from '@/lib/hooks';
import type { Threshold } from '@/types/api';

export function HostThresholds({ id }: { id: number }) {
  const resource = useResource(`thresholds ${id}`, (signal) => hosts.thresholds(id, signal));
  const put = (changed: Threshold) =>
    resource.replace((resource.data ?? []).map((old) => (old.key === changed.key ? changed : old)));
  return (
    <Section
      title="Thresholds"
      lead={
        <>
          In force for this host. <a href="/thresholds">Change the defaults for all hosts</a>
        </>
      }
    >
      <Loaded resource={resource} rows={3}>
        {(thresholds) => (
          <ThresholdList
            thresholds={thresholds}
            scope="host"
            save={async (key, change) => put(await hosts.setThreshold(id, key, change))}
            reset={async (key) => put(await hosts.resetThreshold(id, key))}
          />
        )}
      </Loaded>
    </Section>
  );
}
