// SPDX-License-Identifier: MIT
import { Page } from '@/components/Page';
import { AddHost } from '@/features/hosts/AddHost';

export function AddHostPage() {
  return (
    <Page title="Add a host" lead="One command on the machine makes it report here.">
      <AddHost />
    </Page>
  );
}
