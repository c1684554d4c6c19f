/** The OpenAPI 3.1 document, made from the registry alone: nothing in it is written twice. */
import { type ProcedureDefinition, procedureEntries, uploads } from '@parley/contract';
import packageJson from '../../package.json' with { type: 'json' };
import type { JsonSchema } from '../bridge/input-fields.ts';
import { basePath } from '../bridge/route.ts';
import { downloadDefinition } from '../routes/media/download.ts';
import { Components } from './components.ts';
import { describeForm } from './form.ts';
import { describeInput } from './input.ts';
import {
  describeRedirect,
  describeResponses,
  errorCodesOf,
  errorExamples,
  headerComponents,
  withCommon,
} from './responses.ts';
import { systemPaths, systemSchemas } from './system.ts';

const tags = {
  Auth: 'Signing in with a phone number and a code, and keeping a session alive',
  Users: 'Profiles and presence, as privacy lets them be seen',
  Chats: 'Chats and their members',
  Messages: 'Sending, history and read positions',
  Media: 'Files for messages: uploaded first, then sent by their id',
  Sync: 'What a client missed',
  System: 'For operators; these answer without the envelope',
} satisfies Record<ProcedureDefinition['tag'] | 'System', string>;

const description = `REST of Parley. Every JSON answer below \`${basePath}\` is one envelope: \`success\`, \`data\`, \`error\` and
\`meta\` are always there. Unknown fields of a body and of a query are ignored, and clients should ignore fields that they do not
know. Sign in with \`POST ${basePath}/auth/request-otp\` and \`POST ${basePath}/auth/verify-otp\`, then send the access token as
\`Authorization: Bearer …\`. At 429, \`Retry-After\` says how many seconds to wait.`;

export interface OpenApiDocument extends JsonSchema {
  openapi: string;
  paths: Record<string, JsonSchema>;
  components: { schemas: Record<string, JsonSchema> } & JsonSchema;
}

/** Makes the document; the same input gives the same bytes. */
export function createDocument(): OpenApiDocument {
  const components = new Components();
  const paths: Record<string, JsonSchema> = {};
  const add = ({ path: below, method }: Pick<Described, 'path' | 'method'>, operation: JsonSchema) => {
    const path = basePath + below;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation };
  };
  for (const { definition } of procedureEntries()) {
    const codes = errorCodesOf(definition);
    add(definition, {
      ...describe(definition),
      ...describeInput(components, definition),
      responses: describeResponses(components, definition, definition.example.output, codes),
    });
  }
  for (const definition of Object.values(uploads)) {
    const codes = withCommon(definition, ['VALIDATION_ERROR']);
    add(definition, {
      ...describe(definition),
      ...describeForm(components, definition),
      responses: describeResponses(components, definition, definition.example, codes),
    });
  }
  add(downloadDefinition, {
    ...describe(downloadDefinition),
    ...describeInput(components, downloadDefinition),
    responses: describeRedirect(components, withCommon(downloadDefinition, [])),
  });
  const schemas = { ...components.schemas, ...systemSchemas };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parley',
      version: packageJson.version,
      description: description.replaceAll('\n', ' '),
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(tags).map(([name, text]) => ({ name, description: text })),
    security: [{ bearerAuth: [] }],
    paths: { ...paths, ...systemPaths },
    components: {
      securitySchemes: {
        bearerAuth: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The access token of verify-otp or refresh',
        },
      },
      headers: headerComponents,
      examples: errorExamples,
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

type Described = Pick<
  ProcedureDefinition,
  'path' | 'method' | 'operationId' | 'tag' | 'summary' | 'description' | 'access'
>;

function describe(definition: Described): JsonSchema {
  return {
    operationId: definition.operationId,
    tags: [definition.tag],
    summary: definition.summary,
    description: definition.description,
    security: definition.access === 'anyone' ? [] : [{ bearerAuth: [] }],
  };
}
