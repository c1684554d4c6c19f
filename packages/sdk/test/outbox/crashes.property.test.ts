// A program that ends at any moment, on a network that loses anything: nothing that was kept is lost, doubled or out of order.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { memoryDatabase } from '../../src/database/memory.ts';
import { ParleyError } from '../../src/errors.ts';
import { ChatServer, type Fate, left, Tab, text } from './world.ts';

const chats: string[] = [randomUUID(), randomUUID()];

type Step = 'send' | 'file' | 'elsewhere' | 'pause';

/** One run of the program: what is given to it, and at which of its writes it ends. */
const run = fc.record({
  steps: fc.array(fc.constantFrom<Step>('send', 'send', 'file', 'elsewhere', 'pause'), { maxLength: 8 }),
  dies: fc.nat(12),
  how: fc.constantFrom('die first', 'write and die'),
});

const fates = fc.array(
  fc.constantFrom<Fate>('stored', 'stored', 'lost', 'answer lost', new ParleyError('SERVICE_UNAVAILABLE')),
  { minLength: 1, maxLength: 10 },
);

test('what was written is sent once, in order, whenever the program ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 4 }), fates, async (runs, lottery) => {
      const server = new ChatServer();
      const database = memoryDatabase();
      const given: string[][] = [[], []];
      const written = new Set<string>();
      let drawn = 0;
      let conflicts = 0;
      server.fate = ({ client_msg_id }) => {
        // Nothing goes before it was written.
        expect(written).toContain(client_msg_id);
        return lottery[drawn++ % lottery.length] ?? 'stored';
      };
      server.onUpload = async () => {
        if (lottery[drawn++ % lottery.length] === 'lost') throw new ParleyError('NETWORK_ERROR');
      };
      for (const { steps, dies, how } of runs) {
        const tab = new Tab(server);
        let writes = 0;
        tab.tap = (changes) => {
          const last = writes++ === dies;
          for (const { key, value } of changes) {
            const id = key.startsWith('outbox/') ? key.split('/')[2] : undefined;
            if (id && value && !(last && how === 'die first')) written.add(id);
          }
          return last ? how : 'write';
        };
        await tab.start(database);
        for (const step of steps) {
          if (step === 'pause') {
            await new Promise((done) => setTimeout(done, 1));
            continue;
          }
          const client_msg_id = randomUUID();
          const to = step === 'elsewhere' ? 1 : 0;
          given[to]?.push(client_msg_id);
          const chat_id = chats[to] ?? '';
          const file = new File(['a picture'], 'a.png');
          const sending =
            step === 'file'
              ? tab.outbox.sendFile(chat_id, file, { clientMsgId: client_msg_id })
              : tab.outbox.send({ ...text('a text', chat_id), client_msg_id });
          sending.catch((error: ParleyError) => {
            if (error.code === 'CONFLICT') conflicts++;
          });
        }
        await new Promise((done) => setTimeout(done, 2));
        tab.kill();
      }
      server.fate = () => 'stored';
      server.onUpload = async () => {};
      const last = await new Tab(server).start(database);
      await vi.waitFor(async () => expect(await left(database)).toEqual([]), { interval: 2, timeout: 5000 });
      last.kill();
      const stored = (at: number) =>
        server.stored.filter(({ chat_id }) => chat_id === chats[at]).map((frame) => frame.client_msg_id);
      for (const at of [0, 1]) expect(stored(at)).toEqual(given[at]?.filter((id) => written.has(id)));
      expect(conflicts).toBe(0);
    }),
    { numRuns: 100 },
  );
});
