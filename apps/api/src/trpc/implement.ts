/** From a definition of the contract and a function to a tRPC procedure. */
import type { ProcedureDefinition } from '@parley/contract';
import type { TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server';
import type { z } from 'zod';
import type { RequestContext } from '../context.ts';
import { invalidInput } from '../errors.ts';
import { type ProcedureMeta, type Run, t } from './init.ts';

type Handler<I extends z.ZodType, O extends z.ZodType> = (call: {
  ctx: RequestContext;
  input: z.output<I>;
}) => Promise<z.input<O>> | z.input<O>;

/** Types of a procedure, as tRPC's clients see them; input without required fields may be left out. */
interface TypesOf<I extends z.ZodType, O extends z.ZodType> {
  input: Record<string, never> extends z.input<I> ? z.input<I> | undefined : z.input<I>;
  output: z.output<O>;
  meta: ProcedureMeta;
  errorShape: (typeof t)['_config']['$types']['errorShape'];
}

/**
 * All that the definition demands, in its order: who may call, what the input must be, what the answer is. The tRPC procedure
 * and the REST bridge both call this, and nothing else stands between them and the handler. tRPC's own `use`, `input` and
 * `output` would say the same, but copy the call's options several times each: a third of a REST request's time.
 */
function runner<I extends z.ZodType, O extends z.ZodType>(
  { access, input, output }: ProcedureDefinition<I, O>,
  handler: Handler<I, O>,
): Run {
  return async (ctx, raw) => {
    // Before the input is looked at: an outsider learns nothing of what it should be.
    if (access !== 'anyone') ctx.caller();
    return output.parse(await handler({ ctx, input: parseInput(input, raw) }));
  };
}

function parseInput<I extends z.ZodType>(schema: I, raw: unknown): z.output<I> {
  // No input is empty input, as an empty body is on REST.
  const parsed = schema.safeParse(raw === undefined ? {} : raw);
  if (!parsed.success) throw invalidInput(parsed.error);
  return parsed.data;
}

function prepare(definition: ProcedureDefinition, kind: ProcedureDefinition['kind'], run: Run) {
  if (definition.kind !== kind) throw new Error(`${definition.operationId} is a ${definition.kind}`);
  return t.procedure.meta({ definition, run }).input((raw: unknown) => raw);
}

/** Implements a query of the contract. Kind, access, input and output are the definition's. */
export function implementQuery<I extends z.ZodType, O extends z.ZodType>(
  definition: ProcedureDefinition<I, O>,
  handler: Handler<I, O>,
): TRPCQueryProcedure<TypesOf<I, O>> {
  const run = runner(definition, handler);
  const procedure = prepare(definition, 'query', run).query(({ ctx, input }) => run(ctx, input));
  return procedure as TRPCQueryProcedure<TypesOf<I, O>>;
}

/** Implements a mutation of the contract. Kind, access, input and output are the definition's. */
export function implementMutation<I extends z.ZodType, O extends z.ZodType>(
  definition: ProcedureDefinition<I, O>,
  handler: Handler<I, O>,
): TRPCMutationProcedure<TypesOf<I, O>> {
  const run = runner(definition, handler);
  const procedure = prepare(definition, 'mutation', run).mutation(({ ctx, input }) => run(ctx, input));
  return procedure as TRPCMutationProcedure<TypesOf<I, O>>;
}
