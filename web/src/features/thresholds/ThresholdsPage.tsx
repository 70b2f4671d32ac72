// SPDX-License-Identifier: MIT
// The limits that hold for every host which has none of its own.
import { Loaded } from '@/components/Notice';
import { Page } from '@/components/Page';
import { ThresholdList } from '@/components/thresholds/ThresholdList';
import { thresholds as api } from '@/lib/api';
import { useResource } from '@/lib/hooks';
import type { ThresholdChange } from '@/types/api';

export function ThresholdsPage() {
  const resource = useResource('thresholds', (signal) => api.list(signal));
  const save = async (key: string, change: ThresholdChange) => {
    const changed = await api.set(key, change);
    resource.replace((resource.data ?? []).map((old) => (old.key === key ? changed : old)));
  };
  return (
    <Page
      title="Thresholds"
      lead="When an alert is raised, for every host. A host can have its own values: change them on its page."
    >
      <Loaded resource={resource} rows={6}>
        {(thresholds) => <ThresholdList thresholds={thresholds} scope="default" save={save} />}
      </Loaded>
    </Page>
  );
}
