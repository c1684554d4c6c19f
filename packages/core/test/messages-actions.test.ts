import { limits } from '@parley/contract';
import { describe, expect, it } from 'vitest';
import { deleteMessage } from '../src/messages/delete.ts';
import { editMessage } from '../src/messages/edit.ts';
import { react, reactToMessage, unreactToMessage } from '../src/messages/react.ts';
import { starMessage, unstarMessage } from '../src/messages/star.ts';
import { ann, as, ben, cem, codeOf, dua, member, World } from './support/world.ts';

/** Ann (admin), Ben and Cem, who was removed after the first message; Dua is a stranger. */
async function group() {
  const world = new World();
  const chat = world.chat([member(ann, { role: 'admin' }), member(ben), member(cem, { left_seq: 1 })]);
  const first = await world.text(chat, ben, 'first');
  const second = await world.text(chat, ben, 'second');
  return { world, core: world.core, chat, first, second };
}

describe('deleting a message', () => {
  it('for everyone is for its sender and for admins of the group', async () => {
    const { core, world, chat, first, second } = await group();
    const own = await world.text(chat, ann, 'by an admin');
    const everyone = { for: 'everyone' } as const;
    expect(await codeOf(deleteMessage(core, as(ben), { id: own, ...everyone }))).toBe('FORBIDDEN');
    expect(await codeOf(deleteMessage(core, as(cem), { id: first, ...everyone }))).toBe('NOT_CHAT_MEMBER');
    expect(await codeOf(deleteMessage(core, as(cem), { id: second, ...everyone }))).toBe('NOT_FOUND');
    expect(await codeOf(deleteMessage(core, as(dua), { id: first, ...everyone }))).toBe('NOT_FOUND');
    expect(world.messages.changed).toEqual([]);

    const answer = { message_id: first, deleted_for: 'everyone' };
    expect(await deleteMessage(core, as(ann), { id: first, ...everyone })).toEqual(answer);
    expect(await deleteMessage(core, as(ann), { id: first, ...everyone })).toEqual(answer);
    expect(await deleteMessage(core, as(ben), { id: second, ...everyone })).toMatchObject({
      deleted_for: 'everyone',
    });
    expect(world.messages.byId.get(first)).toMatchObject({ is_deleted: true, payload: {} });
    await expect
      .poll(() => world.events('msg.deleted').map((event) => event.message_id))
      .toEqual([first, second]);
    expect(world.events('msg.deleted')[0]).toMatchObject({ seq: 1, expired: false, recipients: [ann, ben] });
  });

  it('for everyone is not for the other one of a direct chat, whatever role that has', async () => {
    const world = new World();
    const chat = world.direct();
    for (const each of chat.members.values()) each.role = 'admin';
    const id = await world.text(chat, ann, 'mine');
    expect(await codeOf(deleteMessage(world.core, as(ben), { id, for: 'everyone' }))).toBe('FORBIDDEN');
  });

  it('for me is for whoever sees it, those who left included, and is told to me alone', async () => {
    const { core, world, chat, first, second } = await group();
    expect(await deleteMessage(core, as(cem), { id: first })).toEqual({
      message_id: first,
      deleted_for: 'me',
    });
    expect(await deleteMessage(core, as(cem), { id: first })).toEqual({
      message_id: first,
      deleted_for: 'me',
    });
    expect(await codeOf(deleteMessage(core, as(cem), { id: second }))).toBe('NOT_FOUND');
    expect(world.events('user.updated')).toEqual([
      {
        user_id: cem,
        user_version: 1,
        change: { kind: 'hide', chat_id: chat.chat_id, message_id: first },
      },
    ]);
    expect(world.messages.changed).toEqual([]);
  });

  it('can only hide a system message', async () => {
    const { core, world, first } = await group();
    world.retype(first, 'system', { body: 'x', action: 'group_renamed' });
    expect(await codeOf(deleteMessage(core, as(ann), { id: first, for: 'everyone' }))).toBe('FORBIDDEN');
    expect(await deleteMessage(core, as(ann), { id: first, for: 'me' })).toMatchObject({ deleted_for: 'me' });
  });
});

describe('editing a message', () => {
  it('replaces the text for its sender, and for nobody else', async () => {
    const { core, world, second } = await group();
    const payload = { body: 'better' };
    expect(await codeOf(editMessage(core, as(ann), { id: second, payload }))).toBe('FORBIDDEN');
    const edited = await editMessage(core, as(ben), { id: second, payload });
    expect(edited).toMatchObject({ payload, seq: 2, version: 3, status: 'sent' });
    expect(edited.edited_at).not.toBeNull();
    expect(world.messages.changed[0]).toMatchObject({ kind: 'edit', tokens: ['better'] });
    await expect.poll(() => world.events('msg.edited').length).toBe(1);
    expect(world.events('msg.edited')[0]).toMatchObject({
      message: { payload, version: 3 },
      recipients: [ann, ben],
    });
  });

  it('changes nothing where the text is the same', async () => {
    const { core, world, second } = await group();
    const same = await editMessage(core, as(ben), { id: second, payload: { body: 'second' } });
    expect(same).toMatchObject({ version: 2, edited_at: null });
    expect(world.messages.changed).toEqual([]);
  });

  it('is over after fifteen minutes', async () => {
    const { core, world, second } = await group();
    world.now += limits.editSeconds * 1000;
    await editMessage(core, as(ben), { id: second, payload: { body: 'just in time' } });
    world.now += 1;
    const late = editMessage(core, as(ben), { id: second, payload: { body: 'too late' } });
    await expect(late).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('15') });
  });

  it('needs what a send needs', async () => {
    const { core, world, chat, second } = await group();
    const edit = () => editMessage(core, as(ben), { id: second, payload: { body: 'x' } });
    world.update(chat, { is_admin_only: true });
    expect(await codeOf(edit())).toBe('NOT_ADMIN');
    const direct = world.direct({ blocked: true });
    const blocked = await world.text(direct, ben, 'hello');
    expect(await codeOf(editMessage(core, as(ben), { id: blocked, payload: { body: 'x' } }))).toBe(
      'USER_BLOCKED',
    );
  });

  it('sets the caption of a file, and takes an empty one away', async () => {
    const { core, world, second } = await group();
    world.retype(second, 'document', { media_id: 'm', filename: 'a.pdf' });
    const set = await editMessage(core, as(ben), { id: second, payload: { caption: 'read this' } });
    expect(set.payload).toEqual({ media_id: 'm', filename: 'a.pdf', caption: 'read this' });
    const removed = await editMessage(core, as(ben), { id: second, payload: { caption: '' } });
    expect(removed.payload).toEqual({ media_id: 'm', filename: 'a.pdf' });
    const again = await editMessage(core, as(ben), { id: second, payload: { caption: '' } });
    expect(again.version).toBe(removed.version);
  });

  it('refuses a payload that does not fit the type, and types without a text', async () => {
    const { core, world, second } = await group();
    const unfit = { code: 'VALIDATION_ERROR', details: [{ path: 'payload' }] };
    const caption = editMessage(core, as(ben), { id: second, payload: { caption: 'x' } });
    await expect(caption).rejects.toMatchObject(unfit);
    world.retype(second, 'image', { media_id: 'm' });
    const body = editMessage(core, as(ben), { id: second, payload: { body: 'x' } });
    await expect(body).rejects.toMatchObject(unfit);
    for (const type of ['audio', 'location', 'system']) {
      world.retype(second, type, { body: 'x' });
      expect(await codeOf(editMessage(core, as(ben), { id: second, payload: { body: 'y' } }))).toBe(
        'FORBIDDEN',
      );
    }
  });
});

describe('reacting to a message', () => {
  it('sets one emoji per person, and takes it back', async () => {
    const { core, world, second } = await group();
    await reactToMessage(core, as(ann), { id: second, emoji: '👍' });
    await reactToMessage(core, as(ben), { id: second, emoji: '🎉' });
    expect(await react(core, as(ann), second, '🙏')).toEqual({
      message_id: second,
      reactions: { [ann]: '🙏', [ben]: '🎉' },
    });
    expect(await unreactToMessage(core, as(ben), { id: second })).toMatchObject({
      reactions: { [ann]: '🙏' },
    });
    expect(await unreactToMessage(core, as(ben), { id: second })).toMatchObject({
      reactions: { [ann]: '🙏' },
    });
    await expect.poll(() => world.events('msg.reaction').length).toBe(4);
    expect(
      world.events('msg.reaction').map(({ user_id, emoji, version }) => [user_id, emoji, version]),
    ).toEqual([
      [ann, '👍', 3],
      [ben, '🎉', 4],
      [ann, '🙏', 5],
      [ben, null, 6],
    ]);
  });

  it('is for members of a chat that is not blocked, on messages of people', async () => {
    const { core, world, chat, first, second } = await group();
    expect(await codeOf(react(core, as(cem), first, '👍'))).toBe('NOT_CHAT_MEMBER');
    expect(await codeOf(react(core, as(cem), second, '👍'))).toBe('NOT_FOUND');
    world.update(chat, { is_admin_only: true });
    await react(core, as(ben), second, '👍');
    world.retype(first, 'system', { body: 'x', action: 'group_renamed' });
    expect(await codeOf(react(core, as(ann), first, '👍'))).toBe('FORBIDDEN');
    const blocked = await world.text(world.direct({ blocked: true }), ann, 'hello');
    expect(await codeOf(react(core, as(ben), blocked, '👍'))).toBe('USER_BLOCKED');
  });
});

describe('starring a message', () => {
  it('is told to the one who did it, once', async () => {
    const { core, world, chat, first } = await group();
    expect(await starMessage(core, as(cem), { id: first })).toEqual({ message_id: first, is_starred: true });
    await starMessage(core, as(cem), { id: first });
    expect(await unstarMessage(core, as(cem), { id: first })).toEqual({
      message_id: first,
      is_starred: false,
    });
    const change = { kind: 'star', chat_id: chat.chat_id, message_id: first };
    expect(world.events('user.updated').map((event) => event.change)).toEqual([
      { ...change, is_starred: true },
      { ...change, is_starred: false },
    ]);
    expect(await codeOf(starMessage(core, as(dua), { id: first }))).toBe('NOT_FOUND');
  });
});

describe('a message that is gone', () => {
  it.each(['deleted', 'over', 'hidden'])('can be neither edited, starred nor reacted to: %s', async (how) => {
    const { core, world, second } = await group();
    await starMessage(core, as(ben), { id: second });
    if (how === 'deleted') await deleteMessage(core, as(ben), { id: second, for: 'everyone' });
    if (how === 'hidden') await deleteMessage(core, as(ben), { id: second });
    if (how === 'over') {
      Object.assign(world.messages.byId.get(second) ?? {}, { expires_at: new Date(world.now).toISOString() });
    }
    expect(await codeOf(editMessage(core, as(ben), { id: second, payload: { body: 'x' } }))).toBe(
      'NOT_FOUND',
    );
    expect(await codeOf(react(core, as(ben), second, '👍'))).toBe('NOT_FOUND');
    expect(await codeOf(starMessage(core, as(ben), { id: second }))).toBe('NOT_FOUND');
    // What was starred before can be let go of.
    expect(await unstarMessage(core, as(ben), { id: second })).toMatchObject({ is_starred: false });
  });

  it('that goes while it is being changed is not there', async () => {
    const { core, world, second } = await group();
    const change = world.messages.change.bind(world.messages);
    world.messages.change = async (changes) => {
      world.messages.byId.delete(second);
      return change(changes);
    };
    expect(await codeOf(react(core, as(ben), second, '👍'))).toBe('NOT_FOUND');
  });
});
