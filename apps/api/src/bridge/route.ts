/** What the bridge needs to know of a route below `/api/v1`, whatever stands behind it. */
import { type HttpMethod, type ProcedureDefinition, pathParameters } from '@parley/contract';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { RequestContext } from '../context.ts';
import { inputFields } from './input-fields.ts';

export const basePath = '/api/v1';

/** A request that was admitted: its caller is known where the route needs one. */
export interface Call {
  ctx: RequestContext;
  /** Of the path, decoded; those that must be UUIDs are. */
  params: Record<string, string>;
  /** The query, without `?`. */
  search: string;
  req: Request;
  res: Response;
}

/** What the envelope is made of, or where else to look. */
export type Served = { status: number; data: unknown } | { location: string };

export interface PathParameter {
  name: string;
  uuid: boolean;
}

export interface Route {
  /** E.g. `/api/v1/users/{id}`. */
  template: string;
  method: HttpMethod;
  definition: Pick<ProcedureDefinition, 'path' | 'access'>;
  /** In their order. */
  params: PathParameter[];
  serve(call: Call): Promise<Served>;
}

/** The parameters of a path, of which `input` says what each must be. */
export function parametersOf(path: string, input: z.ZodType): PathParameter[] {
  const fields = inputFields(input);
  return pathParameters(path).map((name) => ({ name, uuid: fields.get(name)?.format === 'uuid' }));
}
