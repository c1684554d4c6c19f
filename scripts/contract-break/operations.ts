/** Compares two OpenAPI documents, operation by operation. */
import { type Break, Comparison } from './fits.ts';
import type { Schema } from './shape.ts';

interface Operation {
  security?: object[];
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { headers?: Record<string, Schema>; content?: Content }>;
}
interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema: Schema;
}
type Content = Record<string, { schema: Schema }>;

/** Everything in `present` that breaks clients made for `released`, each told once. */
export function findBreaks(released: Schema, present: Schema): Break[] {
  const comparison = new Comparison(released, present);
  const now = operationsOf(present);
  const breaks = [...operationsOf(released)].flatMap(([name, before]) => {
    const operation = now.get(name);
    return operation
      ? compareOperation(comparison, name, before, operation)
      : [{ at: name, what: 'is gone' }];
  });
  return [...new Map(breaks.map((one) => [lineOf(one), one])).values()];
}

/** A break in one line, as it is declared. */
export function lineOf({ at, what }: Break): string {
  return `${at}: ${what}`;
}

/** By method and path; what its parameters are called makes no difference. */
function operationsOf(document: Schema): Map<string, Operation> {
  const paths = (document.paths ?? {}) as Record<string, Record<string, Operation>>;
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, operation]) =>
        [`${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '{}')}`, operation] as const,
    ),
  );
  return new Map(all);
}

function compareOperation(comparison: Comparison, at: string, before: Operation, now: Operation): Break[] {
  const breaks: Break[] = [];
  if ((before.security ?? []).length === 0 && (now.security ?? []).length > 0) {
    breaks.push({ at, what: 'needs a token now' });
  }
  return [
    ...breaks,
    ...compareParameters(comparison, at, before.parameters ?? [], now.parameters ?? []),
    ...compareBody(comparison, `${at} body`, before.requestBody, now.requestBody),
    ...compareAnswers(comparison, at, before.responses, now.responses),
  ];
}

function compareParameters(
  comparison: Comparison,
  at: string,
  before: Parameter[],
  now: Parameter[],
): Break[] {
  const breaks: Break[] = [];
  const [wasKeys, isKeys] = [keyed(before), keyed(now)];
  for (const [key, parameter] of wasKeys) {
    const present = isKeys.get(key);
    if (!present) breaks.push({ at: `${at} ${key}`, what: 'is gone' });
    else breaks.push(...comparison.compare('request', `${at} ${key}`, parameter.schema, present.schema));
  }
  for (const [key, { required }] of isKeys) {
    if (required && !wasKeys.get(key)?.required) breaks.push({ at: `${at} ${key}`, what: 'is required now' });
  }
  return breaks;
}

/** Parameters of the path by their place, all others by name. */
function keyed(parameters: Parameter[]): Map<string, Parameter> {
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  return new Map(
    parameters.map((parameter) => {
      const place = inPath.indexOf(parameter);
      return [place < 0 ? `${parameter.in} ${parameter.name}` : `path {${place + 1}}`, parameter];
    }),
  );
}

function compareBody(
  comparison: Comparison,
  at: string,
  before: Operation['requestBody'],
  now: Operation['requestBody'],
): Break[] {
  if (now?.required && !before?.required) return [{ at, what: 'is required now' }];
  const none: Content = { 'application/json': { schema: { type: 'object', properties: {} } } };
  return compareContent(comparison, 'request', at, before?.content ?? {}, now?.content ?? none);
}

function compareAnswers(
  comparison: Comparison,
  at: string,
  before: Operation['responses'],
  now: Operation['responses'],
): Break[] {
  const breaks: Break[] = [];
  for (const [status, answer] of Object.entries(before)) {
    const present = now[status];
    const place = `${at} ${status}`;
    // Of errors a client expects any.
    if (!present) {
      if (isSuccess(status)) breaks.push({ at: place, what: 'is answered no more' });
      continue;
    }
    const gone = Object.keys(answer.headers ?? {}).filter((name) => !(name in (present.headers ?? {})));
    breaks.push(...gone.map((name) => ({ at: `${place} header ${name}`, what: 'is gone' })));
    breaks.push(...compareContent(comparison, 'answer', place, answer.content ?? {}, present.content ?? {}));
  }
  const added = Object.keys(now).filter((status) => isSuccess(status) && !(status in before));
  return [...breaks, ...added.map((status) => ({ at: `${at} ${status}`, what: 'is answered now' }))];
}

function isSuccess(status: string): boolean {
  return /^[23]/.test(status);
}

function compareContent(
  comparison: Comparison,
  direction: 'request' | 'answer',
  at: string,
  before: Content,
  now: Content,
): Break[] {
  return Object.entries(before).flatMap(([type, { schema }]) => {
    const present = now[type];
    return present
      ? comparison.compare(direction, at, schema, present.schema)
      : [{ at, what: `${type} is gone` }];
  });
}
