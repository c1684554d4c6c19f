import { procedureEntries, procedureKinds, type procedures, uploads } from '@parley/contract';
import type { createTRPCClient } from '@trpc/client';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { createRoutes, proceduresOf } from '../src/bridge/routes.ts';
import { type AppRouter, router } from '../src/trpc/router.ts';

const implemented = proceduresOf(router);
const doors = ['anyone', 'self', 'signed_in', 'chat_member', 'chat_admin', 'message_sender', 'media_reader'];

describe('the router and the contract', () => {
  test('have the same procedures, of the same kinds', () => {
    const kinds = [...implemented].map(([path, procedure]) => [path, procedure._def.type]);
    expect(Object.fromEntries(kinds)).toEqual(procedureKinds);
    expect(kinds.map(([path]) => path).sort()).toEqual(
      procedureEntries()
        .map(({ path }) => path)
        .sort(),
    );
  });

  test('share each definition', () => {
    for (const { path, definition } of procedureEntries()) {
      expect(implemented.get(path)?.meta.definition, path).toBe(definition);
    }
  });

  test('declare who may call each, and only signing in is open to anyone', () => {
    const access = procedureEntries().map(({ path, definition }) => [path, definition.access] as const);
    for (const [path, who] of access) {
      expect(doors, path).toContain(who);
    }
    expect(access.filter(([, who]) => who === 'anyone').map(([path]) => path)).toEqual([
      'auth.requestOtp',
      'auth.verifyOtp',
      'auth.refresh',
    ]);
  });

  test('give every procedure one REST route of its own', () => {
    const routes = createRoutes(router);
    expect(routes).toHaveLength(implemented.size);
    expect(new Set(routes.map((route) => `${route.method} ${route.template}`)).size).toBe(routes.length);
    for (const route of routes) {
      expect(Object.keys(route.definition.success), route.path).toContain(String(route.status));
    }
  });

  test('let nobody upload without a session', () => {
    for (const { operationId, access } of Object.values(uploads)) {
      expect(['self', 'chat_admin'], operationId).toContain(access);
    }
  });

  test('answer success with the statuses that the contract names', () => {
    const statuses = procedureEntries().flatMap(({ definition }) => Object.keys(definition.success));
    expect(new Set(statuses)).toEqual(new Set(['200', '201']));
  });
});

test('the router types a plain tRPC client', () => {
  type Client = ReturnType<typeof createTRPCClient<AppRouter>>;
  type Definitions = typeof procedures;
  expectTypeOf<Awaited<ReturnType<Client['users']['me']['query']>>>().toEqualTypeOf<
    z.output<Definitions['users']['me']['output']>
  >();
  expectTypeOf<Parameters<Client['messages']['send']['mutate']>[0]>().toEqualTypeOf<
    z.input<Definitions['messages']['send']['input']>
  >();
  expectTypeOf<Client['users']['me']>().not.toHaveProperty('mutate');
  // Input of nothing but optional fields may be left out.
  expectTypeOf<Client['users']['me']['query']>().toBeCallableWith();
  expectTypeOf<Client['auth']['logout']['mutate']>().toBeCallableWith();
});
