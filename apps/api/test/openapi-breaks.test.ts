/** The comparison with the released document (scripts/contract-break): what breaks clients, and what does not. */
import { describe, expect, test } from 'vitest';
import { judge, parseDeclared } from '../../../scripts/contract-break/declared.ts';
import { framesDocument } from '../../../scripts/contract-break/frames.ts';
import { findBreaks, lineOf } from '../../../scripts/contract-break/operations.ts';
import type { Schema } from '../../../scripts/contract-break/shape.ts';
import {
  type Base,
  breaksOf,
  operations,
  properties,
  roles,
  variant,
  variants,
} from '../../../scripts/contract-break/test/document.ts';
import { openApiDocument } from '../src/openapi/write.ts';

const get = 'GET /people/{}';
const breaking: [string, (document: Base) => void, string[]][] = [
  ['an operation is gone', (d) => Reflect.deleteProperty(operations(d), 'get'), [`${get}: is gone`]],
  [
    'a path is another one',
    (d) => Object.assign(d, { paths: { '/persons/{id}': d.paths['/people/{id}'] } }),
    [`${get}: is gone`, 'POST /people/{}: is gone'],
  ],
  [
    'a token is needed',
    (d) => Object.assign(operations(d).get, { security: [{ bearerAuth: [] }] }),
    [`${get}: needs a token now`],
  ],
  [
    'a parameter is required',
    (d) => Object.assign(d.paths['/people/{id}'].get.parameters[1] ?? {}, { required: true }),
    [`${get} query limit: is required now`],
  ],
  [
    'a parameter takes less',
    (d) => Object.assign(d.paths['/people/{id}'].get.parameters[1]?.schema ?? {}, { maximum: 50 }),
    [`${get} query limit: maximum is 50 now, not 100`],
  ],
  [
    'a parameter is gone',
    (d) => d.paths['/people/{id}'].get.parameters.pop(),
    [`${get} query limit: is gone`],
  ],
  [
    'an answered field is gone',
    (d) => Reflect.deleteProperty(properties(d), 'age'),
    ['answer Person.age: is gone'],
  ],
  [
    'an answered field may be left out',
    (d) => d.components.schemas.Person.required.pop(),
    ['answer Person.seen: may be left out now'],
  ],
  [
    'an answered field may be null',
    (d) => Object.assign(properties(d), { age: { type: ['integer', 'null'] } }),
    ['answer Person.age: may be null now'],
  ],
  [
    'an answered field is of another type',
    (d) => Object.assign(properties(d), { age: { type: 'number' } }),
    ['answer Person.age: may be number now'],
  ],
  [
    'an answered text has another format',
    (d) => Object.assign(properties(d), { id: { type: 'string' } }),
    ['answer Person.id: has the format of any text now, not uuid'],
  ],
  ['an answer has a new value', (d) => roles(d).push('owner'), ['answer Person.role: may be "owner" now']],
  [
    'a union of answers grows',
    (d) => d.paths && variants(d).push(variant('poll', 'question')),
    ['answer Sent: may be object with type, question now'],
  ],
  [
    'a union of requests shrinks',
    (d) => variants(d).pop(),
    ['request Sent: object with type, media is not accepted any more'],
  ],
  [
    'a status is another one',
    (d) =>
      Object.assign(d.paths['/people/{id}'].post, {
        responses: { 200: d.paths['/people/{id}'].post.responses[201] },
      }),
    ['POST /people/{} 201: is answered no more', 'POST /people/{} 200: is answered now'],
  ],
  [
    'a header is gone',
    (d) => Reflect.deleteProperty(d.paths['/people/{id}'].get.responses[200].headers, 'X-Id'),
    [`${get} 200 header X-Id: is gone`],
  ],
  [
    'a sent text may be less long',
    (d) => variants(d).splice(0, 1, variant('text', 'body', 5)),
    ['request Sent.body: maxLength is 5 now, not 10'],
  ],
  [
    'a sent field is required',
    (d) =>
      Object.assign(variants(d)[0] ?? {}, {
        properties: { ...(variants(d)[0]?.properties as object), chat: { type: 'string' } },
        required: ['type', 'body', 'chat'],
      }),
    ['request Sent.chat: is required now'],
  ],
];

const harmless: [string, (document: Base) => void][] = [
  ['nothing changes', () => {}],
  [
    'there is another operation',
    (d) => Object.assign(d.paths, { '/more': { get: { responses: { 200: {} } } } }),
  ],
  ['there is another field', (d) => Object.assign(properties(d), { nick: { type: 'string' } })],
  ['a field is always there', (d) => d.components.schemas.Person.required.push('age')],
  [
    'a field is null no more',
    (d) => Object.assign(properties(d), { seen: { type: 'string', format: 'date-time' } }),
  ],
  ['a value is answered no more', (d) => roles(d).pop()],
  [
    'a parameter takes more',
    (d) => Object.assign(d.paths['/people/{id}'].get.parameters[1]?.schema ?? {}, { maximum: 500 }),
  ],
  ['another error is answered', (d) => Object.assign(d.paths['/people/{id}'].get.responses, { 409: {} })],
  [
    'a parameter of the path has another name',
    (d) => {
      Object.assign(d, { paths: { '/people/{user_id}': d.paths['/people/{id}'] } });
      Object.assign(Object.values(d.paths)[0]?.get.parameters[0] ?? {}, { name: 'user_id' });
    },
  ],
  [
    'a schema gets a name of its own',
    (d) => {
      Object.assign(d.components.schemas, { Role: properties(d).role });
      Object.assign(properties(d), { role: { $ref: '#/components/schemas/Role', description: 'x' } });
    },
  ],
  [
    'null is written in another way',
    (d) => Object.assign(properties(d), { seen: { type: ['string', 'null'], format: 'date-time' } }),
  ],
];

describe('breaks clients:', () => {
  test.each(breaking)('%s', (_what, change, lines) => {
    expect(breaksOf(change)).toEqual(lines);
  });
});

describe('breaks nobody:', () => {
  test.each(harmless)('%s', (_what, change) => {
    expect(breaksOf(change)).toEqual([]);
  });
});

test('the whole document compares with itself, in well under a second', () => {
  const document = openApiDocument() as Schema;
  const before = performance.now();
  expect(findBreaks(document, structuredClone(document))).toEqual([]);
  expect(performance.now() - before).toBeLessThan(1000);
});

interface Content {
  content: { 'application/json': { schema: { properties: Record<string, unknown>; required: string[] } } };
}
type Frames = Record<string, { up: { requestBody: Content }; down: { responses: { 200: Content } } }>;

describe('events of sockets', () => {
  const released = framesDocument();
  const breaks = (change: (paths: Frames) => void) => {
    const present = structuredClone(released);
    change(present.paths as Frames);
    return findBreaks(released, present).map(lineOf);
  };
  const told = (paths: Frames, event: string) =>
    paths[event]?.down.responses[200].content['application/json'].schema;
  const sent = (paths: Frames, event: string) =>
    paths[event]?.up.requestBody.content['application/json'].schema;

  test('may be new, and may tell more', () => {
    const added = breaks((paths) => {
      Object.assign(paths, { 'poll.closed': paths.typing });
      Object.assign(told(paths, 'typing')?.properties ?? {}, { more: { type: 'string' } });
    });
    expect(added).toEqual([]);
  });

  test('must stay, tell no less, and ask for no more', () => {
    const broken = breaks((paths) => {
      Reflect.deleteProperty(paths, 'pong');
      Reflect.deleteProperty(told(paths, 'typing')?.properties ?? {}, 'is_typing');
      Object.assign(sent(paths, 'message.react')?.properties ?? {}, { reason: { type: 'string' } });
      sent(paths, 'message.react')?.required.push('reason');
    });
    expect(broken).toEqual([
      'UP message.react body.reason: is required now',
      'DOWN typing 200.is_typing: is gone',
      'DOWN pong: is gone',
    ]);
  });
});

test('a declared break passes with its reason, until it is no break any more', () => {
  const declared = parseDeclared('[{ "break": "GET /x: is gone", "reason": "nobody called it" }]');
  expect(judge(['GET /x: is gone'], declared)).toEqual({ undeclared: [], stale: [] });
  expect(judge(['GET /y: is gone'], declared)).toEqual({
    undeclared: ['GET /y: is gone'],
    stale: ['GET /x: is gone'],
  });
  expect(() => parseDeclared('[{ "break": "GET /x: is gone", "reason": " " }]')).toThrow('declared break 1');
  expect(() => parseDeclared('{}')).toThrow('must be a list');
});
