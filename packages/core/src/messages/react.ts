/** Reactions: one emoji per person and message (contract section 2, Messages). */
import type { OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { isoTime } from '../lib/times.ts';
import { accessLiveMessage } from './access.ts';
import { applyChanges, type ChangeParts } from './changes.ts';

type Parts = ChangeParts & Pick<Core, 'marks'>;

/**
 * Sets the caller's reaction, or takes it back with null; answers all reactions after it. Errors: `NOT_FOUND` (no message that the
 * caller can still read), `NOT_CHAT_MEMBER`, `USER_BLOCKED`, `FORBIDDEN` (a `system` message).
 */
export async function react(
  core: Parts,
  caller: Caller,
  id: string,
  emoji: string | null,
): Promise<OutputOf<'messages.react'>> {
  const { message } = await accessLiveMessage(core, caller, id, 'take_part');
  if (message.type === 'system') {
    throw new AppError('FORBIDDEN', 'What tells of the group takes no reactions');
  }
  const [result] = await applyChanges(core, [
    {
      kind: 'react',
      messageId: id,
      chatId: message.chat_id,
      userId: caller.userId,
      emoji,
      at: isoTime(core.clock.now()),
      context: newContext(caller),
    },
  ]);
  if (!result || result.outcome === 'gone') throw new AppError('NOT_FOUND', 'There is no such message');
  return { message_id: id, reactions: result.message.reactions };
}

/** Reacts; another emoji takes the place of the one before. Errors: those of `react`. */
export async function reactToMessage(
  core: Parts,
  caller: Caller,
  input: { id: string; emoji: string },
): Promise<OutputOf<'messages.react'>> {
  return react(core, caller, input.id, input.emoji);
}

/** Takes the reaction back; without one nothing changes. Errors: those of `react`. */
export async function unreactToMessage(
  core: Parts,
  caller: Caller,
  input: { id: string },
): Promise<OutputOf<'messages.unreact'>> {
  return react(core, caller, input.id, null);
}
