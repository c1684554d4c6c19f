/** `queue`: what waits, and for whom. */
import type { Operator } from '@parley/runtime';
import { table } from './text.ts';

type Write = (text: string) => void;

export async function showQueues(
  operator: Pick<Operator, 'queues' | 'outbox' | 'deadLetters'>,
  json: boolean,
  write: Write,
): Promise<number> {
  const [queues, outbox, dead] = await Promise.all([
    operator.queues(),
    operator.outbox(),
    operator.deadLetters.count(),
  ]);
  if (json) {
    write(`${JSON.stringify({ consumers: queues, outbox, dead_letters: dead }, null, 2)}\n`);
    return 0;
  }
  if (queues === null) {
    write(
      'Events stay in the process of the server: what its consumers have not handled is in the outbox.\n',
    );
  } else if (queues.length === 0) write('No consumer has ever been there.\n');
  else {
    const rows = queues.map((one) => [
      one.consumer,
      one.stream,
      String(one.pending),
      String(one.unanswered),
      String(one.redelivered),
    ]);
    write(table(['consumer', 'stream', 'pending', 'unanswered', 'redelivered'], rows));
  }
  const age = outbox.oldest_seconds === null ? '' : `, the oldest for ${outbox.oldest_seconds.toFixed(1)} s`;
  write(`\noutbox        ${outbox.rows} rows${age}\n`);
  write(`dead letters  ${dead}${dead > 0 ? ' (dlq list shows them)' : ''}\n`);
  return 0;
}
