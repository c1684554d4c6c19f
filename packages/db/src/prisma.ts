/** Prisma on the pool that the hot paths use too: one set of connections per program. */
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.ts';
import type { Sql } from './sql.ts';

export type { PrismaClient } from './generated/client.ts';

export function createPrisma(sql: Sql): PrismaClient {
  return new PrismaClient({ adapter: new PrismaPg(sql.pool, { disposeExternalPool: false }) });
}

/** Prisma reports the driver's failures in its own errors; core wants to know whether trying again makes sense. */
const unreachable = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028']);

export function isPrismaUnavailable(error: unknown): boolean {
  return unreachable.has((error as { code?: string } | null)?.code ?? '');
}
