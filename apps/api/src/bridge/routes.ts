/** The routes of procedures, made from the registry: input from path, query and body, then the procedure that tRPC calls too. */
import { type ProcedureDefinition, pathParameters, procedureEntries } from '@parley/contract';
import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import { askForBody } from '../http/expect.ts';
import type { ProcedureMeta } from '../trpc/init.ts';
import type { AppRouter } from '../trpc/router.ts';
import { readJson } from './body.ts';
import { createQueryReader } from './query.ts';
import { basePath, parametersOf, type Route } from './route.ts';

export interface ProcedureRoute extends Route {
  /** E.g. `users.get`. */
  path: string;
  definition: ProcedureDefinition;
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
export function createRoutes(router: AppRouter): ProcedureRoute[] {
  const procedures = proceduresOf(router);
  return procedureEntries().map(({ path, definition }) => {
    const { run } = procedures.get(path)?.meta ?? {};
    if (!run) throw new Error(`${path} is not implemented`);
    const inPath = pathParameters(definition.path);
    const readsBody = takesBody(definition);
    const readQuery = createQueryReader(definition.input, inPath);
    const status = Math.min(...Object.keys(definition.success).map(Number));
    return {
      path,
      template: basePath + definition.path,
      method: definition.method,
      definition,
      params: parametersOf(definition.path, definition.input),
      status,
      async serve({ ctx, params, search, req, res }) {
        if (readsBody) askForBody(res);
        const input = readsBody ? await readJson(req, definition.maxBytes) : readQuery(search);
        const data = await run(ctx, inPath.length === 0 ? input : withParams(input, params));
        return { status: ctx.status ?? status, data };
      },
    };
  });
}

/** Path parameters win over fields of the same name. A body that is no object is left as it is, for the schema to refuse. */
function withParams(input: unknown, params: Record<string, string>): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  return { ...input, ...params };
}
