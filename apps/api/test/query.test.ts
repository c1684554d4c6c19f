import { expect, test } from 'vitest';
import { z } from 'zod';
import { createMatcher } from '../src/bridge/matcher.ts';
import { createQueryReader } from '../src/bridge/query.ts';
import { createRoutes } from '../src/bridge/routes.ts';
import { traceOf } from '../src/http/request-id.ts';
import { router } from '../src/trpc/router.ts';

const input = z.object({
  id: z.uuid(),
  q: z.string().optional(),
  limit: z.int().optional(),
  ratio: z.number().nullish(),
  flag: z.boolean().default(true),
  kind: z.enum(['1', '2']).optional(),
  ids: z.array(z.int()).optional(),
  tags: z.array(z.string()).optional(),
});
const read = createQueryReader(input, ['id']);

test.each([
  ['', {}],
  ['q=5&limit=5&ratio=-1.5', { q: '5', limit: 5, ratio: -1.5 }],
  ['flag=false', { flag: false }],
  ['flag=true', { flag: true }],
  ['flag=0&limit=ten&ratio=', { flag: '0', limit: 'ten', ratio: '' }],
  ['flag=FALSE', { flag: 'FALSE' }],
  ['kind=1', { kind: '1' }],
  ['ids=1&ids=2&ids=x', { ids: [1, 2, 'x'] }],
  ['tags=1', { tags: ['1'] }],
  ['limit=1&limit=2', { limit: 1 }],
  ['id=from-the-query&__proto__=x&constructor=y', {}],
  ['q=%F0%9F%8F%8A+a%2Bb', { q: '🏊 a+b' }],
])('a query %j reads as %j', (search, expected) => {
  expect(read(search)).toEqual(expected);
});

test('a literal segment wins over a parameter, unless only the parameter leads on', () => {
  const match = createMatcher(createRoutes(router));
  expect(match('/users/me')?.routes.get('GET')?.definition.path).toBe('/users/me');
  expect(match('/users/abc')?.params).toEqual(['abc']);
  expect(match('/users/me/presence')?.params).toEqual(['me']);
  expect(match('/users//presence')).toBeUndefined();
  expect(match('/users')).toBeUndefined();
  expect(match('')).toBeUndefined();
});

const good = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
test.each([
  [good, good],
  [good.toUpperCase(), undefined],
  [`${good}-extra`, undefined],
  [good.replace('00-', 'ff-'), undefined],
  [good.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)), undefined],
  [good.replace('00f067aa0ba902b7', '0'.repeat(16)), undefined],
  ['nonsense', undefined],
  [undefined, undefined],
])('a traceparent of %j is taken as %j', (traceparent, expected) => {
  expect(traceOf({ traceparent })).toBe(expected);
});
