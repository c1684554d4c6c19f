/** What a JSON Schema lets through, in a form that can be compared: a list of plain alternatives without references. */

export type Schema = { [keyword: string]: unknown };

export interface Shape {
  /** A JSON type; `any` where the schema says nothing. */
  readonly type: string;
  readonly schema: Schema;
  /** The only values, if they are listed. */
  readonly values?: readonly unknown[];
}

/** A document's named schemas. */
export class Schemas {
  readonly #named: Record<string, Schema>;

  constructor(document: Schema) {
    const { schemas = {} } = (document.components ?? {}) as { schemas?: Record<string, Schema> };
    this.#named = schemas;
  }

  /** The schema's own keywords together with those of what it refers to. Errors: it refers to nothing. */
  resolve(schema: Schema): Schema {
    const name = nameOf(schema);
    if (name === undefined) return schema;
    const { $ref: _, ...own } = schema;
    const target = this.#named[name];
    if (target === undefined) throw new Error(`there is no schema ${name}`);
    return { ...this.resolve(target), ...own };
  }

  /** The alternatives of a schema; those of one primitive type are one. */
  shapes(schema: Schema): Shape[] {
    const found = this.#alternatives(schema);
    const merged: Shape[] = [];
    for (const shape of found) {
      const same = merged.findIndex(
        ({ type }) => type === shape.type && type !== 'object' && type !== 'array',
      );
      if (same < 0) merged.push(shape);
      else merged[same] = union(merged[same] as Shape, shape);
    }
    return merged;
  }

  #alternatives(given: Schema): Shape[] {
    const schema = this.resolve(given);
    const variants = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined;
    if (variants) return variants.flatMap((variant) => this.#alternatives(variant));
    const listed = 'const' in schema ? [schema.const] : (schema.enum as unknown[] | undefined);
    if (listed) {
      const types = [...new Set(listed.map(typeOf))];
      return types.map((type) => ({
        type,
        schema,
        values: listed.filter((value) => typeOf(value) === type),
      }));
    }
    const types = schema.type === undefined ? ['any'] : [schema.type].flat();
    return types.map((type) => ({ type: String(type), schema }));
  }
}

/** The name that a schema refers to. */
export function nameOf(schema: Schema): string | undefined {
  return typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
}

function union(a: Shape, b: Shape): Shape {
  const { type, schema } = a;
  return a.values && b.values ? { type, schema, values: [...a.values, ...b.values] } : { type, schema };
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Number.isInteger(value)) return 'integer';
  return typeof value;
}
