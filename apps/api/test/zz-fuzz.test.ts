import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TestServer } from '/work/main/apps/api/test/support/http.ts';
import { field, file, form, upload, multipart } from '/work/main/apps/api/test/support/forms.ts';

test('any', async () => {
  await using server = await TestServer.start({ times: { wholeMs: 60000, silenceMs: 20000 } });
  const { token } = await server.signIn();
  const good = form(field('type', 'image'), file('image bytes'), field('x','y'));
  const r = await upload(server, token, good);
  console.log(r.status, r.text, server.runtime.tools.claims);
  const counts: Record<string, number> = {};
  const edits = fc.array(fc.record({ at: fc.nat(good.length - 1), kind: fc.constantFrom('drop', 'dup', 'cut', 'byte', 'swap'), len: fc.integer({min:1,max:40}), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 });
  await fc.assert(fc.asyncProperty(edits, async (list) => {
    let body = Buffer.from(good);
    for (const { at, kind, len, byte } of list) {
      const i = Math.min(at, body.length);
      if (kind === 'drop') body = Buffer.concat([body.subarray(0, i), body.subarray(i + len)]);
      else if (kind === 'dup') body = Buffer.concat([body.subarray(0, i + len), body.subarray(i)]);
      else if (kind === 'cut') body = body.subarray(0, i);
      else if (kind === 'byte' && body.length) body[Math.min(i, body.length-1)] = byte;
      else body = Buffer.concat([body.subarray(i), body.subarray(0, i)]);
    }
    const started = performance.now();
    const answer = await Promise.race([upload(server, token, body), new Promise<any>((r) => setTimeout(() => r({ status: 'HANG', body: {error:{code: JSON.stringify(body.toString('latin1'))}} }), 3000))]);
    const key = answer.status + ' ' + (answer.body.error?.code ?? '') + ' ' + (answer.body.error?.message ?? '') + JSON.stringify(answer.body.error?.details ?? '');
    counts[key] = (counts[key] ?? 0) + 1;
    expect(answer.status).not.toBe('HANG');
    expect(answer.status).not.toBe(500);
  }), { numRuns: 3000 });
  console.log(counts);
  console.log((await server.runtime.objects.files()).length, server.runtime.logged.filter((l: any) => l.level !== 'debug' && l.level !== 'info').slice(0,3));
}, 120000);
