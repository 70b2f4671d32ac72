// SPDX-License-Identifier: MIT
// What belongs to the person and to the installation.
import { SelectField } from '@/components/Form';
import { ErrorNotice } from '@/components/Notice';
import { Page, Section } from '@/components/Page';
import { Account } from '@/features/settings/Account';
import { Tokens } from '@/features/settings/Tokens';
import { useAction } from '@/lib/hooks';
import { signOut, useSession } from '@/lib/session';
import { chooseTheme, useTheme } from '@/lib/theme';

const THEME_NAMES = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

function Appearance() {
  const { choice } = useTheme();
  return (
    <Section title="Appearance">
      <div class="card p-4">
        <div class="max-w-xs">
          <SelectField label="Theme" value={choice} options={THEME_NAMES} onChange={chooseTheme} />
        </div>
      </div>
    </Section>
  );
}

export function SettingsPage() {
  const state = useSession();
  const leave = useAction(signOut);
  if (state.status !== 'in') return null;
  const { user, org, version } = state.session;
  return (
    <Page
      title="Settings"
      lead={[org.name, `Sentora ${version}`].filter(Boolean).join(', ')}
      actions={
        <button type="button" class="btn" disabled={leave.busy} onClick={() => void leave.run()}>
          Sign out
        </button>
      }
    >
      <ErrorNotice error={leave.error} />
      <Account key={user.id} user={user} />
      <Appearance />
      <Tokens />
    </Page>
  );
}
