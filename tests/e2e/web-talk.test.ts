/** Two people talk through the page, each in a browser of their own, while networks and servers do what they do. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startWeb, Visitor, type Web } from '../support/web.ts';

/** What comes true soon, however busy the machine is. */
const soon = <T>(read: () => T) => expect.poll(read, { timeout: 15_000 });

describe.skipIf(!hasBrowser)('two people at the page', () => {
  let web: Web;
  let mina: Visitor;
  let jonas: Visitor;

  beforeAll(async () => {
    web = await startWeb();
    const { browser, parley } = web;
    [mina, jonas] = await Promise.all([
      Visitor.signUp(browser, parley, 'Mina'),
      Visitor.signUp(browser, parley, 'Jonas'),
    ]);
    await mina.writeTo(jonas);
    await mina.say('Hello Jonas');
    await jonas.openChat('Mina');
    await mina.reached('Hello Jonas', 'read');
  }, 120_000);
  afterAll(() => web?.[Symbol.asyncDispose]());
  afterEach(() => {
    expect([...mina.problems, ...jonas.problems]).toEqual([]);
  });

  /** What the server has of the chat, oldest first. */
  async function stored(): Promise<string[]> {
    const user = await web.parley.rest.signIn(mina.phone);
    const chat = /#\/c\/([^/]+)/.exec(mina.page.url())?.[1] ?? '';
    const messages = await web.parley.rest.history(user, chat);
    return messages.map(({ payload }) => ('body' in payload ? payload.body : ''));
  }

  it('see a message go from the clock to one tick, to two, and to two in blue', async () => {
    await jonas.leave();
    await mina.context.setOffline(true);
    await mina.say('Are you there?');
    await mina.reached('Are you there?', 'pending');
    await mina.context.setOffline(false);
    await mina.reached('Are you there?', 'sent');
    await jonas.back();
    await jonas.row('Mina.*Are you there\\?.*1 unread message').waitFor();
    await mina.reached('Are you there?', 'delivered');
    const ticks = mina.message('Are you there?').locator('[data-status]');
    const colour = () => ticks.evaluate((tick) => getComputedStyle(tick).color);
    const grey = await colour();
    await jonas.openChat('Mina');
    await mina.reached('Are you there?', 'read');
    await soon(colour).not.toBe(grey);
  });

  it('see when the other is there, writes, and has gone', async () => {
    const header = jonas.page.getByRole('main').locator('header');
    await header.getByText('online').waitFor();
    await mina.composer.pressSequentially('Just a mom');
    await header.getByText('typing…').waitFor();
    await mina.composer.fill('');
    await header.getByText('online').waitFor();
    await mina.leave();
    await header.getByText(/^last seen today at/).waitFor();
    await mina.back();
    await mina.openChat('Jonas');
    await header.getByText('online').waitFor();
  });

  it('answer, react to, edit and delete what the other sees', async () => {
    await mina.say('Who brings the boat?');
    await jonas.sees('Who brings the boat?');
    await jonas.act('Who brings the boat?', 'Reply');
    await jonas.say('I do');
    const quote = mina.message('I do').getByRole('button', { name: /Who brings the boat\?/ });
    await quote.waitFor();

    await mina.act('I do', 'React with ❤️');
    const reactions = jonas.message('I do').getByRole('button', { name: 'Reactions: ❤️ from 1 person' });
    await reactions.waitFor();
    await jonas.act('I do', 'React with 👍');
    await mina
      .message('I do')
      .getByRole('button', { name: /❤️ from 1 person.*👍 from 1 person|👍 from 1 person.*❤️ from 1 person/ })
      .waitFor();
    await mina.act('I do', 'Take ❤️ back');
    await jonas.message('I do').getByRole('button', { name: 'Reactions: 👍 from 1 person' }).waitFor();

    await mina.say('At nime');
    await mina.act('At nime', 'Edit');
    await mina.say('At nine');
    await jonas.message('At nine').getByText('Edited').waitFor();
    await jonas.message('At nime').waitFor({ state: 'detached' });

    await mina.act('Who brings the boat?', 'Delete…');
    await mina.dialog.getByRole('button', { name: 'Delete for everyone' }).click();
    await jonas.page.getByText('This message was deleted').waitFor();
    await jonas.page.getByText('Who brings the boat?').first().waitFor({ state: 'detached' });
  });

  it('come to what they have not read, and from there to the newest', async () => {
    await jonas.go('/');
    const { parley } = web;
    const user = await parley.rest.signIn(mina.phone);
    const chat = /#\/c\/([^/]+)/.exec(mina.page.url())?.[1] ?? '';
    for (let number = 1; number <= 40; number++) {
      const body = {
        client_msg_id: crypto.randomUUID(),
        type: 'text',
        payload: { body: `Line ${number} of forty` },
      };
      await parley.rest.call('POST', `/chats/${chat}/messages`, { token: user.token, body });
    }
    await jonas.row('Mina.*Line 40 of forty.*40 unread messages').click();
    await jonas.page.getByText('Unread messages', { exact: true }).waitFor();
    const inView = (text: string) =>
      jonas.message(text).evaluateAll((found) =>
        found.some((element) => {
          const { top, bottom } = element.getBoundingClientRect();
          return top >= 0 && bottom <= innerHeight;
        }),
      );
    await soon(() => inView('Line 1 of forty')).toBe(true);
    expect(await inView('Line 40 of forty')).toBe(false);
    await jonas.button(/^To the newest message: \d+ new messages$/).click();
    await soon(() => inView('Line 40 of forty')).toBe(true);
    await jonas.row('Mina.*unread').waitFor({ state: 'detached' });
    await mina.reached('Line 40 of forty', 'read');
  });

  it('find what they had begun to write after a reload', async () => {
    await mina.composer.fill('Half a thou');
    // At once: what was written in the last moment counts, too.
    await mina.page.reload();
    await soon(() => mina.composer.inputValue()).toBe('Half a thou');
    await mina.say('Half a thought');
    await jonas.sees('Half a thought');
  });

  it('go on where they were when the server is restarted under them', async () => {
    await mina.say('Before it');
    await jonas.sees('Before it');
    const restarted = web.parley.restart();
    await mina.say('While it is away, by Mina');
    await jonas.say('While it is away, by Jonas');
    await restarted;
    for (const text of ['While it is away, by Mina', 'While it is away, by Jonas']) {
      await Promise.all([mina.sees(text), jonas.sees(text)]);
    }
    await mina.say('After it, by Mina');
    await jonas.sees('After it, by Mina');
    await jonas.say('After it, by Jonas');
    await mina.sees('After it, by Jonas');
    await mina.reached('After it, by Mina', 'read');
    const texts = await stored();
    expect(texts.slice(-5).toSorted()).toEqual(
      [
        'Before it',
        'While it is away, by Mina',
        'While it is away, by Jonas',
        'After it, by Mina',
        'After it, by Jonas',
      ].toSorted(),
    );
    // Both see the same order, which is the server's, and nothing twice.
    await soon(async () => (await mina.texts()).slice(-5)).toEqual(texts.slice(-5));
    await soon(async () => (await jonas.texts()).slice(-5)).toEqual(texts.slice(-5));
  });

  it('write without a connection, close the page in the middle of sending, and lose nothing', async () => {
    const lines = ['First from the train', 'Second from the train', 'Third from the train'];
    await mina.context.setOffline(true);
    for (const line of lines) {
      await mina.say(line);
      await mina.reached(line, 'pending');
    }
    await mina.page.getByText('You are offline.').waitFor();
    // The first one leaves and nobody hears the answer: the page is closed just then.
    await mina.context.setOffline(false);
    await mina.page.reload();
    for (const line of lines) await jonas.sees(line);
    await mina.page.getByText('You are offline.').waitFor({ state: 'detached' });
    expect((await stored()).slice(-3)).toEqual(lines);
    await soon(async () => (await jonas.texts()).slice(-3)).toEqual(lines);
    await soon(async () => (await mina.texts()).slice(-3)).toEqual(lines);
    for (const line of lines) await mina.reached(line, 'read');
  });
});
