import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerTo, begin, boundary, field, file, form, part } from './support/forms.ts';
import { expectError } from './support/http.ts';
import { uploading } from './support/uploading.ts';

const here = uploading();
const stored = (key: string) => here.server.runtime.objects.get(key);

test('reads the same however the network cuts it', async () => {
  const bytes = Buffer.from(`i\r\n--${boundary.slice(0, -1)}\r\n\r--${boundary}\r\n--\r`);
  const body = form(field('type', 'image'), file(bytes), field('caption', 'x'));
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(cuts, async (lengths) => {
      const sent = begin(here.server, here.token, { 'content-length': body.length });
      sent.setNoDelay(true);
      for (let at = 0, i = 0; at < body.length; i++) {
        const next = at + (lengths[i % lengths.length] as number);
        await new Promise((done) => sent.write(body.subarray(at, next), done));
        at = next;
      }
      sent.end();
      const answer = await answerTo(sent);
      expect(answer.status, answer.text).toBe(201);
      const object = await stored(`media/${answer.body.data.media_id}`);
      expect(Buffer.concat(await (object?.body.toArray() ?? []))).toEqual(bytes);
      here.accepted++;
    }),
    { numRuns: 15 },
  );
});

describe('what is no such form', () => {
  const good = form(field('type', 'image'), file('i'));

  test.each([
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/mixed; boundary=x',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    `multipart/form-data; boundary=${'x'.repeat(300)}`,
    '',
  ])('by its type (%s) is 400', async (type) => {
    expectError(await here.post(good, { headers: { 'content-type': type } }), 400, 'BAD_REQUEST');
  });

  test.each([
    ['empty', Buffer.alloc(0)],
    ['cut off in the file', good.subarray(0, -30)],
    ['cut off behind the file', Buffer.concat([field('type', 'image'), file('i')])],
    ['cut off in the headers of a part', Buffer.concat([file('i'), field('type', 'image').subarray(0, 60)])],
    ['of another boundary', Buffer.from(good.toString().replaceAll(boundary, 'something-else'))],
    ['no form at all', Buffer.from('{"type":"image"}')],
    ['of too many fields', form(...Array.from({ length: 21 }, (_, i) => field(`f${i}`, 'x')), file('i'))],
    [
      'of a file in Base64',
      form(
        field('type', 'image'),
        part('Content-Disposition: form-data; name="file"\r\nContent-Transfer-Encoding: base64', 'aQ=='),
      ),
    ],
  ])('by its body (%s) is 400', async (_what, body) => {
    expectError(await here.post(body), 400, 'BAD_REQUEST');
  });

  test('by its compression is 400', async () => {
    const headers = { 'content-encoding': 'gzip' };
    expectError(await here.post(good, { headers }), 400, 'BAD_REQUEST');
  });

  test('never hangs or fails, whatever is broken in it, and leaves nothing', async () => {
    const whole = form(field('type', 'image'), file('image bytes'), field('x', 'y'));
    const edit = fc.record({
      kind: fc.constantFrom('drop', 'repeat', 'cut', 'change', 'turn'),
      at: fc.nat(whole.length - 1),
      length: fc.integer({ min: 1, max: 40 }),
      byte: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
        let body = Buffer.from(whole);
        for (const { kind, at, length, byte } of edits) {
          const [before, after] = [body.subarray(0, at), body.subarray(at)];
          if (kind === 'drop') body = Buffer.concat([before, after.subarray(length)]);
          if (kind === 'repeat') body = Buffer.concat([before, after.subarray(0, length), after]);
          if (kind === 'cut') body = before;
          if (kind === 'turn') body = Buffer.concat([after, before]);
          if (kind === 'change') body = Buffer.concat([before, Buffer.from([byte]), after.subarray(1)]);
        }
        const answer = await here.post(body);
        expect([201, 400, 415, 422]).toContain(answer.status);
      }),
      { numRuns: 200 },
    );
  });
});
