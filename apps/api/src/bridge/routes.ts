/** The routes of `/api/v1`, made from the registry. */
import {
  type HttpMethod,
  type ProcedureDefinition,
  pathParameters,
  procedureEntries,
} from '@parley/contract';
import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import type { ProcedureMeta, Run } from '../trpc/init.ts';
import type { AppRouter } from '../trpc/router.ts';
import { inputFields } from './input-fields.ts';
import { createQueryReader, type QueryReader } from './query.ts';

export const basePath = '/api/v1';

export interface Route {
  /** E.g. `users.get`. */
  path: string;
  /** E.g. `/api/v1/users/{id}`. */
  template: string;
  method: HttpMethod;
  definition: ProcedureDefinition;
  run: Run;
  /** Names of the path parameters in their order, and whether each must be a UUID. */
  params: { name: string; uuid: boolean }[];
  readsBody: boolean;
  readQuery: QueryReader;
  /** The status of a success, where the procedure sets none. */
  status: number;
}

/** GET and DELETE take their input from the query, all others from a JSON body. */
export function takesBody({ method }: Pick<ProcedureDefinition, 'method'>): boolean {
  return method !== 'GET' && method !== 'DELETE';
}

/** The procedures of a router by their whole path, e.g. `users.get`. */
export function proceduresOf(router: AnyTRPCRouter) {
  const { procedures }: { procedures: Record<string, AnyTRPCProcedure & { meta: ProcedureMeta }> } =
    router._def;
  return new Map(Object.entries(procedures));
}

/** One route per procedure of the contract. Errors: one that the router does not implement. */
export function createRoutes(router: AppRouter): Route[] {
  const procedures = proceduresOf(router);
  return procedureEntries().map(({ path, definition }) => {
    const { run } = procedures.get(path)?.meta ?? {};
    if (!run) throw new Error(`${path} is not implemented`);
    const names = pathParameters(definition.path);
    const fields = inputFields(definition.input);
    return {
      path,
      template: basePath + definition.path,
      method: definition.method,
      definition,
      run,
      params: names.map((name) => ({ name, uuid: fields.get(name)?.format === 'uuid' })),
      readsBody: takesBody(definition),
      readQuery: createQueryReader(definition.input, names),
      status: Math.min(...Object.keys(definition.success).map(Number)),
    };
  });
}
