/** The settings: a list of pages, and the pages. */

import { texts } from '../texts/texts.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { PaneHeader } from '../ui/pane.tsx';
import { Appearance } from './appearance.tsx';
import { Blocked } from './blocked.tsx';
import { Devices } from './devices.tsx';
import { Notifications } from './notifications.tsx';
import { Overview } from './overview.tsx';
import { Privacy } from './privacy.tsx';
import { ProfilePage } from './profile.tsx';

const pages: Readonly<Record<string, () => React.JSX.Element>> = {
  profile: ProfilePage,
  privacy: Privacy,
  blocked: Blocked,
  notifications: Notifications,
  appearance: Appearance,
  devices: Devices,
};

export function Settings({ page }: { page?: string | undefined }) {
  if (!page) return <Overview />;
  const Page = Object.hasOwn(pages, page) ? pages[page] : undefined;
  if (Page) return <Page />;
  return (
    <>
      <PaneHeader title={texts.settings.title} back="/settings" />
      <EmptyState title={texts.app.notFound} hint={texts.app.notFoundHint} />
    </>
  );
}
