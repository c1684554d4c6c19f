import { expect, it } from 'vitest';
import { readAddresses } from '../src/nats/address.ts';

it.each([
  ['nats://one', { servers: ['one:4222'] }],
  ['nats://one:1,nats://two:2', { servers: ['one:1', 'two:2'] }],
  [['nats://one', 'nats://me:a%40b@two:2'], { servers: ['one:4222', 'two:2'], user: 'me', pass: 'a@b' }],
  ['nats://s3cret@one', { servers: ['one:4222'], token: 's3cret' }],
  ['tls://[::1]:4223', { servers: ['[::1]:4223'], tls: {} }],
] as const)('reads %j', (url, expected) => {
  expect(readAddresses(url)).toEqual(expected);
});

it('does not show an address that it cannot read', () => {
  expect(() => readAddresses('nats://me:s3cret@:::')).toThrow(/^an address of NATS must be like/);
});
