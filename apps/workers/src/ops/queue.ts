/** `queue`: what waits, and for whom. */
import { isUnavailable } from '@parley/core';
import type { Operator } from '@parley/runtime';
import { facts, table } from './text.ts';

type Write = (text: string) => void;
type Queues = Awaited<ReturnType<Operator['queues']>> | 'away';

/** What is in the stores is told while NATS is away, too: it is what an operator looks for then. */
export async function showQueues(
  operator: Pick<Operator, 'queues' | 'outbox' | 'deadLetters'>,
  json: boolean,
  write: Write,
): Promise<number> {
  const [queues, outbox, dead] = await Promise.all([
    operator.queues().catch((error): 'away' => {
      if (!isUnavailable(error)) throw error;
      return 'away';
    }),
    operator.outbox(),
    operator.deadLetters.count(),
  ]);
  const code = queues === 'away' ? 1 : 0;
  if (json) {
    const consumers = queues === 'away' ? null : queues;
    write(`${JSON.stringify({ consumers, outbox, dead_letters: dead }, null, 2)}\n`);
    return code;
  }
  write(`${consumersText(queues)}\n`);
  write(
    facts([
      ...outbox.map(({ store, waiting, oldest_seconds: age }) => {
        const oldest = age === null ? '' : `, the oldest for ${age.toFixed(1)} s`;
        return [`outbox of ${store}`, waiting === 0 ? 'nothing' : `${waiting}${oldest}`] as const;
      }),
      ['dead letters', dead === 0 ? 'none' : `${dead} (dlq list shows them)`],
    ]),
  );
  return code;
}

function consumersText(queues: Queues): string {
  if (queues === 'away') return 'NATS does not answer: what its consumers have not handled cannot be told.\n';
  if (queues === null) {
    return 'Events stay in the process of the server: what its consumers have not handled is in the outbox.\n';
  }
  if (queues.length === 0) return 'No consumer has ever been there.\n';
  const numbers = ({ pending, unanswered, redelivered }: (typeof queues)[number]) =>
    [pending, unanswered, redelivered].map(String);
  return table(
    ['consumer', 'stream', 'pending', 'unanswered', 'redelivered'],
    queues.map((one) => [one.consumer, one.stream, ...numbers(one)]),
  );
}
