/** What comes over `/ws` (contract section 4): the frames as a union, so that the client has a type for each event. */
import { message, serverEvents } from '@parley/contract';
import type { z } from 'zod';
import { Components } from '../../../apps/api/src/openapi/components.ts';
import { nameOf, pascalCase, ref, type Schema, type Schemas } from './types.ts';
import { seal } from './unions.ts';

/** Of no use to a program: the client keeps them to itself. */
const own = ['pong'];

/** With `timestamp`, which a message has as `created_at` too. */
const asMessage = ['message.new'];

/** Schemas of all events: `MessageNewEvent` has `data`, and so has every other. */
export function eventSchemas(): Schemas {
  const components = new Components();
  const frames: Schemas = {};
  const variants: Record<string, string> = {};
  for (const [event, zod] of Object.entries<z.ZodType>(serverEvents)) {
    if (own.includes(event)) continue;
    const data = components.convert(asMessage.includes(event) ? message : zod, 'output');
    const base = pascalCase(event);
    variants[event] = `${base}Event`;
    frames[`${base}Event`] = frame(
      nameOf(data) === undefined ? components.add(`${base}Data`, () => data) : data,
    );
  }
  const schemas = { ...components.schemas, ...frames };
  seal(schemas, 'ServerEvent', 'event', variants);
  return schemas;
}

function frame(data: Schema): Schema {
  const timestamp = { type: 'string', format: 'date-time', description: 'When the server sent it' };
  return {
    type: 'object',
    properties: { data: ref(nameOf(data) ?? ''), timestamp },
    required: ['data', 'timestamp'],
  };
}
