// Whatever happens in a chat, and however its events and pages reach a client, the client ends with what the server says.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adopt, adoptOlder } from '../../src/view/adopt.ts';
import { fold } from '../../src/view/fold.ts';
import { emptyRoom, type Room, type RoomEvent } from '../../src/view/room.ts';
import { ChatModel, type ChatParts } from '../support/chat-model.ts';

type Step =
  | { kind: 'send'; by: number; here: boolean; replyTo: number }
  | { kind: 'video'; by: number; here: boolean; known: boolean }
  | { kind: 'delete' | 'hide' | 'edit' | 'star' | 'process'; at: number }
  | { kind: 'react'; by: number; at: number; emoji: string | null }
  | { kind: 'move'; by: number; status: 'delivered' | 'read'; upTo: number; here: boolean }
  | { kind: 'member' | 'role'; who: number }
  | { kind: 'rename' | 'mute' }
  /** The network: the next event comes, is lost, comes after the one behind it; one of before comes again. */
  | { kind: 'deliver' | 'lose' | 'swap' }
  | { kind: 'again'; back: number }
  /** A fetch, in its parts: each step goes on with it. */
  | { kind: 'fetch' | 'older' }
  /** Time goes by; whatever was told has come by then. */
  | { kind: 'quiet' };

const user = fc.nat(3);
const place = fc.nat(25);
const kinds = <K extends string>(...names: K[]) => fc.constantFrom(...names);

/** What a server does. */
const happening: fc.Arbitrary<Step>[] = [
  fc.record({ kind: kinds('send'), by: user, here: fc.boolean(), replyTo: place }),
  fc.record({ kind: kinds('send'), by: user, here: fc.boolean(), replyTo: fc.constant(-1) }),
  fc.record({ kind: kinds('video'), by: user, here: fc.boolean(), known: fc.constant(true) }),
  fc.record({ kind: kinds('delete', 'hide', 'edit', 'star', 'process', 'process'), at: place }),
  fc.record({ kind: kinds('react'), by: user, at: place, emoji: fc.constantFrom('👍', '🛶', null) }),
  fc.record({ kind: kinds('rename', 'mute') }),
  fc.record({ kind: kinds('role'), who: user }),
];
const moving: fc.Arbitrary<Step> = fc.record({
  kind: kinds('move'),
  by: user,
  status: kinds('delivered', 'read'),
  upTo: place,
  here: fc.boolean(),
});
/** A file of which the client knows nothing: it has to ask. */
const unknown: fc.Arbitrary<Step> = fc.record({
  kind: kinds('video'),
  by: fc.constant(0),
  here: fc.constant(true),
  known: fc.constant(false),
});
const joining: fc.Arbitrary<Step> = fc.record({ kind: kinds('member'), who: user });
const deliver: fc.Arbitrary<Step> = fc.record({ kind: kinds('deliver') });
const network: fc.Arbitrary<Step>[] = [fc.record({ kind: kinds('swap') })];
const again: fc.Arbitrary<Step> = fc.record({ kind: kinds('again'), back: fc.nat(8) });
const fetching: fc.Arbitrary<Step>[] = [
  fc.record({ kind: kinds('fetch', 'older') }),
  fc.record({ kind: kinds('quiet') }),
];

interface Fetch {
  begun: Room;
  events: RoomEvent[];
  numbers?: ChatParts['numbers'];
  rest?: ChatParts['rest'];
  older?: { cursor: string };
}

interface Setting {
  withMessages: boolean;
  /** The server reads what it counts before the number that goes with it. */
  countsFirst: boolean;
}

/** A client of the model: what `Store` does around the core, with a clock and a network of its own. */
class Client {
  readonly model = new ChatModel();
  room = emptyRoom(this.model.chat().chat_id, this.model.me);
  now = 1_000_000;
  /** How often it had to ask again. */
  fetches = 0;
  readonly #withMessages: boolean;
  readonly #countsFirst: boolean;
  readonly #seen: RoomEvent[] = [];
  #fetch: Fetch | null = null;
  #userVersion: number | null = null;
  /** Something was lost that the client has not asked for since. */
  #lost = false;

  constructor({ withMessages, countsFirst }: Setting) {
    this.#withMessages = withMessages;
    this.#countsFirst = countsFirst;
    this.refetch();
    // The first one tells where the user's own numbers begin: before it none is known to be missing.
    this.model.mute();
    this.settle();
  }

  run(step: Step): void {
    this.now += 1;
    this.#do(step);
  }

  #do(step: Step): unknown {
    const { model } = this;
    switch (step.kind) {
      case 'send':
        return model.send(model.everyone[step.by] ?? '', `text ${model.head}`, step);
      case 'video':
        return model.sendVideo(model.everyone[step.by] ?? '', step);
      case 'process':
        return model.process(step.at);
      case 'delete':
        return model.deleteForAll(step.at);
      case 'hide':
        return model.deleteForMe(step.at);
      case 'edit':
        return model.edit(step.at, `edited at ${model.chat().version}`);
      case 'star':
        return model.star(step.at);
      case 'react':
        return model.react(model.everyone[step.by] ?? '', step.at, step.emoji);
      case 'move':
        return model.move(model.everyone[step.by] ?? '', step.status, step.upTo + 1, step.here);
      case 'member':
        return model.toggleMember(model.everyone[step.who] ?? '');
      case 'role':
        return model.setRole(model.everyone[step.who] ?? '');
      case 'rename':
        return model.rename(`named at ${model.chat().state_version}`);
      case 'mute':
        return model.mute();
      case 'deliver':
        return this.#deliver();
      case 'lose':
        return this.#lose();
      case 'swap':
        model.told.splice(0, 2, ...model.told.slice(0, 2).reverse());
        return undefined;
      case 'again': {
        const event = this.#seen.at(-1 - step.back);
        if (event && !isAnswer(event)) this.#take(event);
        return undefined;
      }
      case 'fetch':
        return this.#goOn();
      case 'older':
        return this.#goOnOlder();
      case 'quiet':
        while (model.told.length > 0) this.#deliver();
        while (this.#fetch) {
          if (this.#fetch.older) this.#goOnOlder();
          else this.#goOn();
        }
        this.now += 5000;
        return undefined;
    }
  }

  /** Everything that was told comes, and what is in doubt is asked for. */
  settle(): void {
    this.run({ kind: 'quiet' });
    while (this.room.doubt !== 'none') this.refetch();
    // Who has left is told nothing more.
    if (!this.model.isMember) this.refetch();
  }

  refetch(): void {
    this.fetches++;
    do this.#goOn();
    while (this.#fetch);
    this.now += 5000;
  }

  /** What the client holds, and what the server says of the same. */
  compare(but: object = {}): void {
    const { participants, history, chat } = this.room;
    const { participants: members, ...summary } = this.model.chat();
    expect({ ...chat, ...but }).toEqual({ ...summary, ...but });
    expect(participants).toEqual(members);
    if (!history) return;
    const count = history.messages.length;
    const page = this.model.page(null, Math.max(1, count));
    expect(history.messages).toEqual(page.messages);
    // What was older may have been deleted by this user meanwhile: then the next page is empty.
    if (history.older === null) expect(page.older).toBe(null);
  }

  /** Where nothing is under way, in doubt or lost, all must be as the server says. */
  check(): void {
    const still = !this.#fetch && this.model.told.length === 0 && this.room.doubt === 'none';
    // Who came late is not told of older messages, nor of the numbers that they raise.
    if (!still || this.#lost || !this.model.isMember || this.model.cameLate) return;
    // Of receipts that are told to others the number alone shows, with the next event.
    this.compare({ state_version: 0 });
  }

  #deliver(): void {
    const event = this.model.told.shift();
    if (!event) return;
    this.#seen.push(event);
    this.#take(event);
  }

  #lose(): void {
    const event = this.model.told[0];
    if (!event || isAnswer(event)) return;
    this.model.told.shift();
    this.#lost = true;
  }

  #take(event: RoomEvent): void {
    const version = 'data' in event && 'user_version' in event.data ? event.data.user_version : undefined;
    if (version !== undefined) {
      if (this.#userVersion !== null && version > this.#userVersion + 1) this.#fold({ type: 'missed' });
      this.#userVersion = Math.max(version, this.#userVersion ?? 0);
    }
    this.#fold(event);
  }

  #fold(event: RoomEvent): void {
    this.#fetch?.events.push(event);
    const before = structuredClone(this.room);
    const given = this.room;
    this.room = fold(given, event, this.now);
    // Nothing that was handed out changes.
    expect(given).toEqual(before);
  }

  #begin(): Fetch {
    this.room = { ...this.room, doubt: 'none' };
    // What overtook the lost one and comes after this is older than the answer, and nothing tells so yet.
    if (this.model.told.length === 0) this.#lost = false;
    return { begun: this.room, events: [] };
  }

  /** A server reads the parts of a chat one after the other, and after them the messages. */
  #goOn(): void {
    if (!this.#fetch) {
      this.#fetch = this.#begin();
      const { numbers, rest } = this.model.parts();
      Object.assign(this.#fetch, this.#countsFirst ? { rest } : { numbers });
    } else if (this.#fetch.older) this.#goOnOlder();
    else this.#adopt(this.#fetch);
  }

  #adopt({ begun, events, numbers, rest }: Fetch): void {
    const parts = this.model.parts();
    const chat = { ...(rest ?? parts.rest), ...(numbers ?? parts.numbers) };
    const held = begun.history?.messages.length ?? 0;
    const history = this.#withMessages ? this.model.page(null, Math.max(4, held)) : null;
    this.room = adopt(this.room, { chat, history }, { begun, events, now: this.now });
    this.#fetch = null;
  }

  #goOnOlder(): void {
    const cursor = this.room.history?.older;
    if (!this.#fetch) {
      if (cursor) this.#fetch = { begun: this.room, events: [], older: { cursor } };
      return;
    }
    if (!this.#fetch.older) return;
    const { begun, events, older } = this.#fetch;
    this.room = adoptOlder(this.room, this.model.page(older.cursor, 3), { begun, events, now: this.now });
    this.#fetch = null;
  }
}

/** What a call has answered comes once, and is not lost. */
function isAnswer({ type }: RoomEvent): boolean {
  return type === 'sent' || type === 'read' || type === 'delivered';
}

function play(setting: Setting, steps: readonly Step[]): Client {
  const client = new Client(setting);
  for (const step of steps) {
    client.run(step);
    client.check();
  }
  client.settle();
  // A loss shows with the next event of its kind.
  client.model.rename('the end');
  client.model.send(client.model.me, 'the end');
  client.model.mute();
  client.settle();
  client.compare();
  return client;
}

const lose: fc.Arbitrary<Step> = fc.record({ kind: kinds('lose') });
const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 1000) };
const always = [
  ...happening,
  unknown,
  moving,
  joining,
  deliver,
  deliver,
  deliver,
  again,
  ...network,
  ...fetching,
];

function steps(...kindsOfSteps: fc.Arbitrary<Step>[]): fc.Arbitrary<Step[]> {
  return fc.array(fc.oneof(...kindsOfSteps), { maxLength: 60, size: 'max' });
}

describe.each([
  { held: 'with its messages', withMessages: true },
  { held: 'in the list', withMessages: false },
])('a chat $held', ({ withMessages }) => {
  test('ends as the server says, whatever is repeated, lost, swapped and fetched in between', () => {
    const setting = { withMessages, countsFirst: false };
    fc.assert(
      fc.property(steps(...always, lose), (all) => void play(setting, all)),
      runs,
    );
  });

  test('so it does when the server counts before it reads the number, as long as nothing is lost', () => {
    const setting = { withMessages, countsFirst: true };
    fc.assert(
      fc.property(steps(...always), (all) => void play(setting, all)),
      runs,
    );
  });
});

test('a chat with its messages asks for nothing that was told in order, nor for repeats', () => {
  fc.assert(
    fc.property(steps(...happening, deliver, again), (all) => {
      const setting = { withMessages: true, countsFirst: false };
      const before = new Client(setting).fetches;
      const client = play(setting, all);
      expect(client.fetches).toBe(before);
    }),
    runs,
  );
});
