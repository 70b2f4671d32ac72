// SPDX-License-Identifier: MIT
import { Page } from '@/components/Page';
import { AddHost } from '@/features/hosts/AddHost';

export function AddHostPage() {
  return (
    <Page title="Add a host" lead="One command installs the agent, joins this server and starts reporting.">
      <AddHost />
    </Page>
  );
}
