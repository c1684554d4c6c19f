import { type ClientEvent, clientEvents } from '@parley/contract';
import { handlers } from '@parley/realtime';
import { describe, expect, it } from 'vitest';

describe('handlers of client events', () => {
  const events = Object.keys(clientEvents) as ClientEvent[];

  it('exist for every event of the contract, and for no other', () => {
    expect(Object.keys(handlers).sort()).toEqual([...events].sort());
  });

  it.each(events)('%s is registered under its own name, with the schema of the contract', (event) => {
    expect(handlers[event].event).toBe(event);
    expect(handlers[event].schema).toBe(clientEvents[event]);
  });

  it('declare who may send them', () => {
    expect(Object.fromEntries(events.map((event) => [event, handlers[event].access]))).toEqual({
      auth: 'anyone',
      'message.send': 'chat_member',
      'message.delivered': 'chat_member',
      'message.read': 'chat_member',
      'message.delete': 'chat_member',
      'message.edit': 'message_sender',
      'message.react': 'chat_member',
      'typing.start': 'chat_member',
      'typing.stop': 'chat_member',
      'presence.subscribe': 'signed_in',
      'presence.unsubscribe': 'self',
      sync: 'self',
      ping: 'self',
    });
  });

  it('declare what they count against; only signs of life and tokens count nothing', () => {
    const uncounted = events.filter((event) => handlers[event].rate === null);
    expect(uncounted.sort()).toEqual(['auth', 'ping']);
    expect(handlers['message.send'].rate).toBe('socketMessage');
  });
});
