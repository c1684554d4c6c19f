/**
 * Operations as a method of a Kotlin interface: it takes a body or none, and gives the data itself. The envelope is unwrapped by
 * `Envelope.kt`, which also turns an error into an exception.
 */
import { type Answer, named, nameOf, type Operation, type Schema, type Schemas } from './types.ts';

const json = 'application/json';

/** The operation without the envelope, headers and examples. */
export function plainOperation(operation: Operation, schemas: Schemas): Operation {
  const { parameters, requestBody, responses, ...rest } = operation;
  return {
    ...rest,
    summary: plainText(operation.summary),
    description: plainText(operation.description),
    ...(parameters ? { parameters: parameters.map(({ example: _, ...parameter }) => parameter) } : {}),
    ...(requestBody ? { requestBody: plainBody(requestBody) } : {}),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, answer]) => [status, plainAnswer(answer, schemas)]),
    ),
  };
}

/** A body that may be left out is never left out: Retrofit sends what it is given. */
function plainBody({
  content,
}: NonNullable<Operation['requestBody']>): NonNullable<Operation['requestBody']> {
  const plain = Object.entries(content).map(([type, { schema, encoding }]) => [
    type,
    encoding ? { schema, encoding } : { schema },
  ]);
  return { required: true, content: Object.fromEntries(plain) };
}

function plainAnswer(answer: Answer, schemas: Schemas): Answer {
  const { schema, examples = {} } = answer.content?.[json] ?? {};
  const name = nameOf(schema);
  if (name === undefined) return { description: plainText(answer.description) };
  if (name === 'ErrorResponse') return { description: Object.keys(examples).join(', ') };
  const { data } = named(schemas, name).properties as Record<string, Schema>;
  if (data === undefined) throw new Error(`${name} is no envelope`);
  return { description: plainText(answer.description), content: { [json]: { schema: data } } };
}

/** What stands in a comment is escaped as if it were HTML: without these characters nothing is. */
function plainText(text: string): string {
  return text.replaceAll("'", '’').replaceAll('`', '').replaceAll('"', '');
}
