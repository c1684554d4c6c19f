// Whatever happens in a chat, and however its events, answers, pages and writes reach a client, it ends with what the server says.
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { SyncWorld, type SyncWorldOptions } from '../support/sync-world.ts';

type Step =
  | { kind: 'send'; by: number; here: boolean; replyTo: number }
  | { kind: 'video'; by: number; here: boolean; known: boolean }
  | { kind: 'delete' | 'hide' | 'edit' | 'star' | 'process'; at: number }
  | { kind: 'react'; by: number; at: number; emoji: string | null }
  | { kind: 'move'; by: number; status: 'delivered' | 'read'; upTo: number; here: boolean }
  | { kind: 'member' | 'role'; who: number }
  | { kind: 'rename' | 'mute' }
  /** The network: the next event comes, is lost, comes after the one behind it; one of before comes again. */
  | { kind: 'deliver' | 'lose' | 'swap' | 'reconnect' }
  | { kind: 'again'; back: number }
  /** What is in doubt, or an older page, is asked for; the first answer, or all, come. */
  | { kind: 'ask' | 'older' | 'newer' | 'answer' | 'settle' }
  | { kind: 'jump'; at: number }
  /** The database: what changed is written; writes fail from now on, or no more; the program ends and begins anew. */
  | { kind: 'write' | 'refuse' | 'crash' };

const user = fc.nat(3);
const place = fc.nat(25);
const kinds = <K extends string>(...names: K[]) => fc.constantFrom(...names);

/** What a server does. */
const happening: fc.Arbitrary<Step>[] = [
  fc.record({ kind: kinds('send'), by: user, here: fc.boolean(), replyTo: place }),
  fc.record({ kind: kinds('send'), by: user, here: fc.boolean(), replyTo: fc.constant(-1) }),
  fc.record({ kind: kinds('video'), by: user, here: fc.boolean(), known: fc.boolean() }),
  fc.record({ kind: kinds('delete', 'hide', 'edit', 'star', 'process', 'process'), at: place }),
  fc.record({ kind: kinds('react'), by: user, at: place, emoji: fc.constantFrom('👍', '🛶', null) }),
  fc.record({ kind: kinds('rename', 'mute') }),
  fc.record({ kind: kinds('role', 'member'), who: user }),
  fc.record({
    kind: kinds('move'),
    by: user,
    status: kinds('delivered', 'read'),
    upTo: place,
    here: fc.boolean(),
  }),
];
const network: fc.Arbitrary<Step>[] = [
  ...[0, 1, 2, 3].map(() => fc.record({ kind: kinds('deliver') })),
  fc.record({ kind: kinds('lose', 'swap', 'reconnect') }),
  fc.record({ kind: kinds('again'), back: fc.nat(8) }),
];
const asking: fc.Arbitrary<Step>[] = [
  fc.record({ kind: kinds('ask', 'older', 'newer', 'answer') }),
  fc.record({ kind: kinds('jump'), at: fc.nat(200) }),
  fc.record({ kind: kinds('answer', 'settle') }),
];
const keeping: fc.Arbitrary<Step>[] = [fc.record({ kind: kinds('write', 'write', 'refuse', 'crash') })];

async function run(world: SyncWorld, step: Step): Promise<unknown> {
  const { model } = world;
  // Odd places are counted from the newest message.
  const placeOf = (at: number) => (at % 2 ? model.head - 1 - (at >> 1) : at >> 1);
  switch (step.kind) {
    case 'send':
      return model.send(model.everyone[step.by] ?? '', `text ${model.head}`, step);
    case 'video':
      return model.sendVideo(model.everyone[step.by] ?? '', step);
    case 'process':
      return model.process(placeOf(step.at));
    case 'delete':
      return model.deleteForAll(placeOf(step.at));
    case 'hide':
      return model.deleteForMe(placeOf(step.at));
    case 'edit':
      return model.edit(placeOf(step.at), `edited at ${model.version}`);
    case 'star':
      return model.star(placeOf(step.at));
    case 'react':
      return model.react(model.everyone[step.by] ?? '', placeOf(step.at), step.emoji);
    case 'move':
      return model.move(model.everyone[step.by] ?? '', step.status, placeOf(step.upTo) + 1, step.here);
    case 'member':
      return model.toggleMember(model.everyone[step.who] ?? '');
    case 'role':
      return model.setRole(model.everyone[step.who] ?? '');
    case 'rename':
      return model.rename(`named at ${model.chat().state_version}`);
    case 'mute':
      return model.mute();
    case 'deliver':
      return world.deliver();
    case 'lose':
      return world.lose();
    case 'swap':
      return world.swap();
    case 'reconnect':
      return world.reconnect();
    case 'again':
      return world.again(step.back);
    case 'ask':
      return world.begin();
    case 'older':
      return world.older();
    case 'newer':
      return world.newer();
    case 'jump':
      return void world.goTo(model.messages[step.at % model.messages.length]?.message_id ?? '');
    case 'answer':
      return world.answer(1);
    case 'settle':
      return world.settle();
    case 'write':
      return world.keeper.flush();
    case 'refuse':
      world.database.refuses = !world.database.refuses;
      return undefined;
    case 'crash':
      return world.crash();
  }
}

async function play(options: SyncWorldOptions, steps: readonly Step[]): Promise<void> {
  const world = new SyncWorld(options);
  await world.load();
  for (const step of steps) {
    await run(world, step);
    // Answers that were let go arrive.
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  }
  world.deliverAll();
  await world.settle();
  await world.toEnd();
  await world.settle();
  // A loss shows with the next event of its kind.
  world.model.rename('the end');
  world.model.send(world.model.me, 'the end');
  world.model.mute();
  world.deliverAll();
  await world.settle();
  world.compare();
  await world.keeper.flush();
  world.database.refuses = false;
  await world.crash();
  await world.settle();
  world.compare();
}

const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 200) };

function steps(...kindsOfSteps: fc.Arbitrary<Step>[]): fc.Arbitrary<Step[]> {
  return fc.array(fc.oneof(...kindsOfSteps), { maxLength: 60, size: 'max' });
}

describe('the store ends as the server says', () => {
  test.each([
    { answers: 'whole', options: {} },
    { answers: 'in small pages', options: { limit: 2 } },
    { answers: 'torn', options: { torn: true } },
    { answers: 'whole, in a chat with a long past', options: { filled: 58 } },
    { answers: 'whole, in a chat with a longer past', options: { filled: 160 } },
    { answers: 'torn, in a chat with a long past', options: { filled: 58, torn: true, limit: 20 } },
  ])('with answers $answers', async ({ options }) => {
    const all = steps(...happening, ...happening, ...network, ...asking, ...keeping);
    await fc.assert(
      fc.asyncProperty(all, (each) => play(options, each)),
      runs,
    );
  });
});
