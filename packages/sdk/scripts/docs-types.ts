/** The page of what the server answers: fields of the contract's schemas, which no docstring tells. */
import * as contract from '@parley/contract';
import { z } from 'zod';

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
}

/** Types that `@parley/sdk` exports, by name. */
export const answerTypes: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ['Chat', contract.chat],
  ['ChatSummary', contract.chatSummary],
  ['Contact', contract.contact],
  ['FoundMessage', contract.foundMessage],
  ['LastMessage', contract.lastMessage],
  ['Media', contract.media],
  ['Message', contract.message],
  ['OwnProfile', contract.ownProfile],
  ['Participant', contract.participant],
  ['Presence', contract.presence],
  ['PrivacySettings', contract.privacySettings],
  ['Profile', contract.profile],
]);

export function answerTypesPage(): string {
  const sections = [...answerTypes].map(([name, schema]) => {
    const properties = fieldsOf(z.toJSONSchema(schema, { io: 'output' }) as Schema);
    const rows = Object.entries(properties).map(
      ([field, of]) => `| \`${field}\` | ${cell(textOf(of))} | ${cell(of.description ?? '')} |`,
    );
    return [`## ${name}`, '', '| field | type | meaning |', '| --- | --- | --- |', ...rows, ''].join('\n');
  });
  const head = `# What the server answers

Ids are UUIDs, times ISO 8601 in UTC. Every procedure with its input and output is in the server's own documentation at \`/docs\`, every
event in [the protocol](../protocol.md).
`;
  return [head, ...sections].join('\n');
}

/** Of a schema, or of the one that it names. */
function fieldsOf({ properties, $ref, $defs = {} }: Schema): Readonly<Record<string, Schema>> {
  const fields = properties ?? $defs[$ref?.split('/').at(-1) ?? '']?.properties;
  if (!fields) throw new Error(`${$ref} has no fields`);
  return fields;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function textOf(schema: Schema): string {
  const some = schema.anyOf ?? schema.oneOf;
  if (some) return [...new Set(some.map(textOf))].join(' | ');
  if (schema.$ref) return referenceTo(schema.$ref.split('/').at(-1) ?? '');
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' | ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.items) return `array of ${textOf(schema.items)}`;
  if (schema.properties) return `{ ${Object.keys(schema.properties).join(', ')} }`;
  if (typeof schema.additionalProperties === 'object') {
    return `${textOf(schema.additionalProperties)} by key`;
  }
  if (schema.format === 'uuid') return 'id';
  return schema.format === 'date-time' ? 'time' : [schema.type ?? 'any'].flat().join(' | ');
}

function referenceTo(name: string): string {
  return answerTypes.has(name) ? `[${name}](#${name.toLowerCase()})` : name;
}
