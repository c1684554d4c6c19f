/**
 * The events of sockets (contract section 4) as a document that can be compared like the routes: `UP message.send` is what a client sends,
 * `DOWN message.new` what the server tells.
 */
import { clientEvents, serverEvents } from '@parley/contract';
import type { z } from 'zod';
import { Components } from '../../apps/api/src/openapi/components.ts';
import type { Schema } from './shape.ts';

/** Schemas of the data of all events, in the order of their names. */
export function framesDocument(): Schema {
  const components = new Components();
  const content = (schema: z.ZodType, io: 'input' | 'output') => ({
    'application/json': { schema: components.convert(schema, io) },
  });
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [event, schema] of Object.entries<z.ZodType>(clientEvents)) {
    paths[event] = {
      up: { requestBody: { required: true, content: content(schema, 'input') }, responses: {} },
    };
  }
  for (const [event, schema] of Object.entries<z.ZodType>(serverEvents)) {
    paths[event] = { ...paths[event], down: { responses: { 200: { content: content(schema, 'output') } } } };
  }
  return { paths, components: { schemas: components.schemas } };
}
