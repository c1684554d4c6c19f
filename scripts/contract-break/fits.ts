/**
 * Whether two versions of a schema go together. What a client sends must fit what the server takes now; what the server answers must fit what
 * clients know. Both are the same question with the roles changed: does everything that `given` lets through fit `expected`?
 */
import { nameOf, type Schema, Schemas, type Shape } from './shape.ts';

export type Direction = 'request' | 'answer';

/** What breaks clients, and where: `answer Message.status` is the field of a named schema. */
export interface Break {
  readonly at: string;
  readonly what: string;
}

/** Limits of what is accepted: each with whether `now` is tighter than `before`. */
const limits: Record<string, (before: number | undefined, now: number) => boolean> = {
  minLength: higher,
  minItems: higher,
  minimum: higher,
  maxLength: lower,
  maxItems: lower,
  maximum: lower,
};

function higher(before: number | undefined, now: number): boolean {
  return before === undefined ? now > Number.MIN_SAFE_INTEGER : now > before;
}

function lower(before: number | undefined, now: number): boolean {
  return before === undefined ? now < Number.MAX_SAFE_INTEGER : now < before;
}

export class Comparison {
  readonly #released: Schemas;
  readonly #present: Schemas;
  readonly #seen = new Set<string>();

  constructor(released: Schema, present: Schema) {
    this.#released = new Schemas(released);
    this.#present = new Schemas(present);
  }

  /** What breaks clients between the released schema and the present one. */
  compare(direction: Direction, at: string, released: Schema, present: Schema): Break[] {
    const name = nameOf(released);
    const place = name === undefined ? at : `${direction} ${name}`;
    const pair = `${place} ${nameOf(present) ?? '?'}`;
    if (name !== undefined) {
      // Told once, and schemas may contain themselves.
      if (this.#seen.has(pair)) return [];
      this.#seen.add(pair);
    }
    const before = this.#released.shapes(released);
    const now = this.#present.shapes(present);
    const [given, expected] = direction === 'request' ? [before, now] : [now, before];
    return given.flatMap((shape) => this.#fits(direction, place, shape, expected));
  }

  #fits(direction: Direction, at: string, given: Shape, expected: Shape[]): Break[] {
    const candidates = expected.filter(({ type }) => isWithin(given.type, type));
    const [first] = sameVariant(given, candidates, direction, this);
    if (first === undefined) return [{ at, what: unmatched(direction, given) }];
    const tries = candidates.map((candidate) => this.#differences(direction, at, given, candidate));
    const chosen = candidates.indexOf(first);
    return tries.find((problems) => problems.length === 0) ?? tries[chosen] ?? [];
  }

  #differences(direction: Direction, at: string, given: Shape, expected: Shape): Break[] {
    const [before, now] =
      direction === 'request' ? [given.schema, expected.schema] : [expected.schema, given.schema];
    return [
      ...newValues(direction, at, given, expected),
      ...formats(at, before, now, direction),
      ...(given.type === 'object' ? this.#fields(direction, at, before, now) : []),
      ...(given.type === 'array' ? this.#parts(direction, `${at}[]`, before.items, now.items) : []),
      ...this.#parts(direction, `${at}{}`, before.additionalProperties, now.additionalProperties),
    ];
  }

  #fields(direction: Direction, at: string, before: Schema, now: Schema): Break[] {
    const [was, is] = [propertiesOf(before), propertiesOf(now)];
    const breaks: Break[] = [];
    for (const [name, schema] of Object.entries(was)) {
      const field = `${at}.${name}`;
      if (!(name in is)) breaks.push({ at: field, what: 'is gone' });
      else breaks.push(...this.compare(direction, field, schema, is[name] as Schema));
    }
    for (const name of Object.keys(is)) {
      const [required, before_] = [requiredOf(now).includes(name), requiredOf(before).includes(name)];
      if (direction === 'request' && required && !before_)
        breaks.push({ at: `${at}.${name}`, what: 'is required now' });
      if (direction === 'answer' && !required && before_)
        breaks.push({ at: `${at}.${name}`, what: 'may be left out now' });
    }
    return breaks;
  }

  #parts(direction: Direction, at: string, before: unknown, now: unknown): Break[] {
    if (typeof before !== 'object' || before === null) return [];
    return this.compare(
      direction,
      at,
      before as Schema,
      (typeof now === 'object' && now !== null ? now : {}) as Schema,
    );
  }

  /** Alternatives of the object that name themselves by a constant, such as a message's type. */
  fieldsOf(schema: Schema, side: 'released' | 'present'): Map<string, string> {
    const schemas = side === 'released' ? this.#released : this.#present;
    const constants = Object.entries(propertiesOf(schema)).flatMap(([name, field]) => {
      const [shape, ...more] = schemas.shapes(field);
      return more.length === 0 && shape?.values?.length === 1
        ? [[name, String(shape.values[0])] as const]
        : [];
    });
    return new Map(constants);
  }
}

/** Of the candidates those that are the same variant of a union; of what is no union all. */
function sameVariant(
  given: Shape,
  candidates: Shape[],
  direction: Direction,
  comparison: Comparison,
): Shape[] {
  const sides =
    direction === 'request' ? (['released', 'present'] as const) : (['present', 'released'] as const);
  const own = comparison.fieldsOf(given.schema, sides[0]);
  return candidates.filter(({ schema }) => {
    const theirs = comparison.fieldsOf(schema, sides[1]);
    return [...own].every(([name, value]) => !theirs.has(name) || theirs.get(name) === value);
  });
}

function isWithin(type: string, other: string): boolean {
  return type === other || other === 'any' || (type === 'integer' && other === 'number');
}

function unmatched(direction: Direction, { type, values, schema }: Shape): string {
  const variant = values ? values.map((value) => JSON.stringify(value)).join(', ') : type;
  const title =
    type === 'object' && schema.properties
      ? `object with ${Object.keys(schema.properties).join(', ')}`
      : variant;
  return direction === 'request' ? `${title} is not accepted any more` : `may be ${title} now`;
}

function newValues(direction: Direction, at: string, given: Shape, expected: Shape): Break[] {
  if (!expected.values) return [];
  if (!given.values)
    return [{ at, what: direction === 'request' ? 'takes only some values now' : 'may have any value now' }];
  const unknown = given.values.filter((value) => !expected.values?.includes(value));
  return unknown.map((value) => ({
    at,
    what:
      direction === 'request'
        ? `${JSON.stringify(value)} is not accepted any more`
        : `may be ${JSON.stringify(value)} now`,
  }));
}

/** Of numbers a format is a hint; of text it is a promise. */
function formats(at: string, before: Schema, now: Schema, direction: Direction): Break[] {
  const breaks: Break[] = [];
  const isText = now.type === 'string' && before.type === 'string';
  const [loose, tight] = direction === 'request' ? [before, now] : [now, before];
  if (isText && tight.format !== undefined && tight.format !== loose.format) {
    breaks.push({
      at,
      what: `has the format ${now.format ?? 'of any text'} now, not ${before.format ?? 'of any text'}`,
    });
  }
  if (direction === 'answer') return breaks;
  if (isText && now.pattern !== undefined && now.pattern !== before.pattern)
    breaks.push({ at, what: 'has another pattern now' });
  for (const [keyword, isTighter] of Object.entries(limits)) {
    const [was, is] = [before[keyword], now[keyword]] as (number | undefined)[];
    if (is !== undefined && isTighter(was, is))
      breaks.push({ at, what: `${keyword} is ${is} now, not ${was ?? 'unlimited'}` });
  }
  return breaks;
}

function propertiesOf(schema: Schema): Record<string, Schema> {
  return (schema.properties ?? {}) as Record<string, Schema>;
}

function requiredOf(schema: Schema): string[] {
  return (schema.required ?? []) as string[];
}
