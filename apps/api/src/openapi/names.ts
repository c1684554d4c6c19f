/**
 * Names of schemas that the contract leaves without one. Generators of clients make a type of every enum and object: without a name of its
 * own they make one up from where it stands, a different one for each place.
 */
import {
  chatNumbers,
  chatTypes,
  deleteFor,
  deviceInfo,
  editPayload,
  errorCodes,
  highlight,
  mediaStatuses,
  mediaTypes,
  message,
  messageStatuses,
  messageTypes,
  privacySettings,
  pushPlatforms,
  roles,
  sendInput,
  serverEvents,
  storedPayload,
  systemActions,
} from '@parley/contract';
import type { z } from 'zod';
import type { JsonSchema } from '../bridge/input-fields.ts';

/** Found again by their values, as each place may make its own. */
const enums: Record<string, readonly string[]> = {
  Audience: privacySettings.shape.about.options,
  ChatType: chatTypes,
  DeleteFor: deleteFor.options,
  DevicePlatform: deviceInfo.shape.platform.unwrap().options,
  ErrorCode: errorCodes,
  HighlightField: highlight.shape.field.options,
  MediaStatus: mediaStatuses,
  MediaType: mediaTypes,
  MessageStatus: messageStatuses,
  MessageType: messageTypes,
  PushPlatform: pushPlatforms,
  Role: roles,
  SystemAction: systemActions,
  UserUpdateKind: serverEvents['user.updated'].shape.kind.options,
};

const objects = new Map<z.core.$ZodType | undefined, string>([
  [chatNumbers, 'ChatNumbers'],
  [editPayload.options[0], 'TextEdit'],
  [editPayload.options[1], 'CaptionEdit'],
  [message.shape.forwarded_from.unwrap(), 'ForwardedFrom'],
  [sendInput, 'SendMessageRequest'],
  [serverEvents.error.shape.details.unwrap().element, 'ErrorDetail'],
  [storedPayload.options[6], 'DeletedPayload'],
]);

const marker = 'x-parley-name';

/** Remembers in the JSON Schema of an object which one it is. */
export function markNamed(zodSchema: z.core.$ZodType, jsonSchema: JsonSchema): void {
  const name = objects.get(zodSchema);
  if (name !== undefined) jsonSchema[marker] = name;
}

/**
 * Moves what has a name into `definitions` and refers to it. What a place says of its own (a description, a default) stays there, beside the
 * reference.
 */
export function extractNamed(schema: JsonSchema, definitions: Record<string, JsonSchema>): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, inner]) => [key, walk(inner)]);
    return extract(withPlainEnum(Object.fromEntries(entries)), definitions);
  };
  return walk(schema) as JsonSchema;
}

function extract(node: JsonSchema, definitions: Record<string, JsonSchema>): JsonSchema {
  const { [marker]: object, ...rest } = node;
  const { type, enum: values, ...own } = rest;
  if (typeof object === 'string') {
    definitions[object] = rest;
    return { $ref: `#/$defs/${object}` };
  }
  const name = Array.isArray(values) ? enumName(values) : undefined;
  if (name === undefined) return node;
  definitions[name] = { type, enum: values };
  return { $ref: `#/$defs/${name}`, ...own };
}

function enumName(values: readonly unknown[]): string | undefined {
  return Object.keys(enums).find((name) => String(enums[name]) === String(values));
}

/** A choice of constants is an enum. */
function withPlainEnum(node: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = node;
  if (!Array.isArray(anyOf)) return node;
  const values = (anyOf as JsonSchema[]).map((variant) => variant.const);
  if (values.length < 2 || values.includes(undefined)) return node;
  const integers = values.every(Number.isSafeInteger);
  return { ...rest, ...(integers ? { type: 'integer' } : {}), enum: values };
}
