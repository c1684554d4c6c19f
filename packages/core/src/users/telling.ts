/** Telling a user's own devices of what the user changed; where others may see more or less now, also those who watch. */
import type { UserChange } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { makeEvent, newContext } from '../lib/events.ts';
import type { Tell, Told } from '../ports/stores.ts';

/** Makes the `user.updated` of a change of the caller's. */
export function tellUser(core: Pick<Core, 'clock'>, caller: Caller, change: UserChange): Tell {
  const context = newContext(caller);
  return (userVersion) => [
    makeEvent(
      'user.updated',
      context,
      { user_id: caller.userId, user_version: userVersion, change },
      core.clock.now(),
    ),
  ];
}

/** Publishes what a store committed; null stands for nothing changed. */
export function publishTold(core: Pick<Core, 'publisher'>, told: Told | null): void {
  if (told) core.publisher.publish(told.outboxId, told.events);
}
