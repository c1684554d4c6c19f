import { Compass } from 'lucide-react';
import { texts } from '../texts/texts.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { PaneHeader } from '../ui/pane.tsx';

/** An address of nothing. */
export function NotFound() {
  return (
    <>
      <PaneHeader title={texts.app.name} />
      <EmptyState icon={<Compass size={34} />} title={texts.app.notFound} hint={texts.app.notFoundHint} />
    </>
  );
}
