/** `push why`: why somebody was pushed a message, or was not. */
import { whyPush } from '@parley/core';
import type { Operator } from '@parley/runtime';
import { oneLine } from './text.ts';

export async function explainPush(
  operator: Pick<Operator, 'pushes'>,
  messageId: string,
  userId: string,
  write: (text: string) => void,
): Promise<number> {
  const why = await whyPush(await operator.pushes(), messageId, userId);
  if (why.kind === 'noted') {
    const detail = why.detail === null ? '' : ` (${oneLine(why.detail)})`;
    write(`${why.reason}${detail}, decided ${why.at}\n${why.text}\n`);
  } else write(`${why.kind}\n${why.text}\n`);
  return why.kind === 'unknown_message' ? 1 : 0;
}
