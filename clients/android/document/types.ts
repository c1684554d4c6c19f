/** The parts of an OpenAPI document that are looked at here. */
export type Schema = { [keyword: string]: unknown };
export type Schemas = Record<string, Schema>;

export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  parameters?: Schema[];
  requestBody?: { required: boolean; content: Record<string, { schema: Schema; encoding?: Schema }> };
  responses: Record<string, Answer>;
}

export interface Answer {
  description: string;
  content?: Record<string, { schema: Schema; examples?: Record<string, unknown> }>;
}

const prefix = '#/components/schemas/';

/** Points to a named schema. */
export function ref(name: string): { $ref: string } {
  return { $ref: prefix + name };
}

/** The name that a schema refers to. */
export function nameOf(schema: Schema | undefined): string | undefined {
  return typeof schema?.$ref === 'string' ? schema.$ref.slice(prefix.length) : undefined;
}

/** A named schema. Errors: there is none. */
export function named(schemas: Schemas, name: string): Schema {
  const schema = schemas[name];
  if (schema === undefined) throw new Error(`the document has no schema ${name}`);
  return schema;
}

/** `message.new` and `chat_own` as a type is called: `MessageNew`, `ChatOwn`. */
export function pascalCase(text: string): string {
  return text.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
