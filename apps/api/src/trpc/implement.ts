/** From a definition of the contract and a function to a tRPC procedure. */
import type { ProcedureDefinition } from '@parley/contract';
import { TRPCError, type TRPCMutationProcedure, type TRPCQueryProcedure } from '@trpc/server';
import type { z } from 'zod';
import type { RequestContext } from '../context.ts';
import { type ProcedureMeta, t } from './init.ts';

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
 * All that the definition demands, in its order: who may call, what the input must be, what the answer is. One middleware and
 * not tRPC's three (`use`, `input`, `output`), because each costs several copies of the call's options: with three of them a
 * request spent a sixth of its time there.
 */
function prepare(definition: ProcedureDefinition, kind: ProcedureDefinition['kind']) {
  if (definition.kind !== kind) throw new Error(`${definition.operationId} is a ${definition.kind}`);
  const { input, output, access } = definition;
  return t.procedure.meta({ definition }).use(async ({ ctx, getRawInput, next }) => {
    // Before the input is looked at: an outsider learns nothing of what it should be.
    if (access !== 'anyone') ctx.caller();
    const result = await next({ input: parseInput(input, await getRawInput()) });
    return result.ok ? { ...result, data: output.parse(result.data) } : result;
  });
}

function parseInput(schema: z.ZodType, raw: unknown): unknown {
  try {
    // No input is empty input, as an empty body is on REST.
    return schema.parse(raw === undefined ? {} : raw);
  } catch (cause) {
    throw new TRPCError({ code: 'BAD_REQUEST', cause });
  }
}

/** Implements a query of the contract. Kind, access, input and output are the definition's. */
export function implementQuery<I extends z.ZodType, O extends z.ZodType>(
  definition: ProcedureDefinition<I, O>,
  handler: Handler<I, O>,
): TRPCQueryProcedure<TypesOf<I, O>> {
  const procedure = prepare(definition, 'query').query(({ ctx, input }) =>
    handler({ ctx, input: input as z.output<I> }),
  );
  return procedure as TRPCQueryProcedure<TypesOf<I, O>>;
}

/** Implements a mutation of the contract. Kind, access, input and output are the definition's. */
export function implementMutation<I extends z.ZodType, O extends z.ZodType>(
  definition: ProcedureDefinition<I, O>,
  handler: Handler<I, O>,
): TRPCMutationProcedure<TypesOf<I, O>> {
  const procedure = prepare(definition, 'mutation').mutation(({ ctx, input }) =>
    handler({ ctx, input: input as z.output<I> }),
  );
  return procedure as TRPCMutationProcedure<TypesOf<I, O>>;
}
