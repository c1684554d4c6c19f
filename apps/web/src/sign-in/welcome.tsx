import { Card } from './card.tsx';
import { ProfileStep } from './profile-step.tsx';

/** For who is signed in and has no name yet: the page was closed before it was asked for. It goes when there is one. */
export function Welcome() {
  return (
    <Card>
      <ProfileStep />
    </Card>
  );
}
