import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../tests/support/postgres.ts';
import { generatePrisma } from '../scripts/generate-prisma.ts';
import { Prisma, PrismaClient } from '../src/generated/client.ts';
import { describedTables, presentTables } from './support/prisma-schema.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

let database: TestDatabase;
let client: pg.Client;
let prisma: PrismaClient;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: database.url }) });
});

afterAll(async () => {
  await prisma?.$disconnect();
  await client?.end();
  await database?.drop();
});

test('the Prisma schema and the migrated database agree', async () => {
  const described = describedTables(await readFile(join(root, 'prisma', 'schema.prisma'), 'utf8'));
  expect(Object.keys(described)).toHaveLength(Object.keys(Prisma.ModelName).length);
  // What the two agree on is there at all.
  expect(described.chat_participants).toMatchObject({
    columns: expect.arrayContaining([
      'delivered_seq bigint NOT NULL DEFAULT 0',
      'mute_until timestamp(3) with time zone',
      "role character varying(10) NOT NULL DEFAULT 'member'",
    ]),
    indexes: [
      'chat_participants_chat_id_user_id_key UNIQUE (chat_id, user_id)',
      'chat_participants_pkey PRIMARY KEY (id)',
      'chat_participants_user_id_chat_id_idx (user_id, chat_id)',
    ],
  });
  expect(await presentTables(client)).toEqual(described);
});

test('the generated client is up to date and names no path of this machine', {
  timeout: 60_000,
}, async () => {
  expect(await generatePrisma({ check: true })).toEqual([]);
  const generated = join(root, 'packages', 'db', 'src', 'generated');
  const entries = await readdir(generated, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    expect(await readFile(join(entry.parentPath, entry.name), 'utf8')).not.toContain(root);
  }
});

test.each(Object.values(Prisma.ModelName))('%s can be read through the generated client', async (name) => {
  const delegate = `${name.charAt(0).toLowerCase()}${name.slice(1)}` as Uncapitalize<Prisma.ModelName>;
  // One call for all models; each has the same.
  const { findFirst, count } = prisma[delegate] as unknown as Pick<
    PrismaClient['user'],
    'findFirst' | 'count'
  >;
  expect(await count()).toBe(0);
  expect(await findFirst()).toBeNull();
});

test('what the client leaves out, the database fills in', async () => {
  const ada = await prisma.user.create({ data: { phone: '+15550000001', privacy_settings: { create: {} } } });
  const ben = await prisma.user.create({ data: { phone: '+15550000002' } });
  expect(ada).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    status_text: 'Hey there! I am using Parley.',
    last_seen: null,
    user_version: 0n,
    created_at: expect.any(Date),
  });
  await prisma.contact.create({ data: { user_id: ada.id, contact_id: ben.id } });
  await prisma.chat.create({
    data: {
      type: 'group',
      participants: { create: [{ user_id: ada.id, role: 'admin' }, { user_id: ben.id }] },
      group: { create: { name: 'Friends', created_by: ada.id } },
    },
  });
  await prisma.outbox.create({ data: { subject: 'a', payload: { n: [1, '中文'] } } });

  const found = await prisma.user.findUniqueOrThrow({
    where: { phone: '+15550000001' },
    include: {
      contacts: true,
      privacy_settings: true,
      participations: { include: { chat: { include: { group: true } } } },
    },
  });
  expect(found).toMatchObject({
    contacts: [{ contact_id: ben.id, is_contact: true, is_blocked: false }],
    privacy_settings: { about: 'everyone', read_receipts: true },
    participations: [{ role: 'admin', read_seq: 0n, left_seq: null, chat: { group: { name: 'Friends' } } }],
  });
  expect(await prisma.outbox.findMany()).toMatchObject([{ id: 1n, payload: { n: [1, '中文'] } }]);
});
