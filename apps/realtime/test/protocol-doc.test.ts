import { readFileSync } from 'node:fs';
import {
  type ClientEvent,
  clientEvents,
  clientFrame,
  closeCodes,
  errorCatalogue,
  errorCodes,
  type ServerEvent,
  serverEvents,
  syncResult,
} from '@parley/contract';
import { describe, expect, it } from 'vitest';

const text = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');

interface Example {
  kind: 'frame up' | 'frame down' | 'ack';
  event: string;
  value: Record<string, unknown>;
}

const examples: Example[] = [...text.matchAll(/^```json (frame up|frame down|ack) (\S+)\n(.*?)^```$/gms)].map(
  ([, kind, event, json]) => ({
    kind: kind as Example['kind'],
    event: event as string,
    value: JSON.parse(json as string),
  }),
);

const of = (kind: Example['kind']) => examples.filter((example) => example.kind === kind);
const eventsOf = (kind: Example['kind']) => new Set(of(kind).map((example) => example.event));

/** The rows of the table under a heading, cells as text. */
function table(heading: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('docs/protocol.md', () => {
  it('marks all of its JSON in a form that is checked', () => {
    expect(text.match(/^```json/gm)).toHaveLength(examples.length);
  });

  it('shows every event of both directions', () => {
    expect([...eventsOf('frame up')].sort()).toEqual(Object.keys(clientEvents).sort());
    const down = [...eventsOf('frame down')].filter((event) => !(event in clientEvents));
    expect(down.sort()).toEqual(Object.keys(serverEvents).sort());
  });

  it.each(of('frame up'))('shows $event as the server takes it', ({ event, value }) => {
    const frame = clientFrame.strict().parse(value);
    expect(frame.event).toBe(event);
    const data = clientEvents[event as ClientEvent].parse(frame.data);
    expect(data).toEqual(frame.data);
  });

  it.each(of('frame down'))('shows $event as the server sends it', ({ event, value }) => {
    const { data, timestamp, req_id, ...rest } = value;
    expect(rest).toEqual({ event });
    expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    // Answers carry the name of their question and are only sent where there is a req_id.
    if (event in clientEvents) expect(req_id).toBeTypeOf('string');
    else expect(serverEvents[event as ServerEvent].parse(data)).toEqual(data);
    if (event === 'sync') expect(syncResult.parse(data)).toEqual(data);
  });

  it.each(of('ack'))('shows the acknowledgement of $event', ({ event, value }) => {
    expect(Object.keys(clientEvents)).toContain(event);
    if (value.ok === true) {
      expect(Object.keys(value)).toEqual(['ok', 'data']);
      if (event === 'message.send') serverEvents['message.sent'].parse(value.data);
    } else {
      const { code } = value.error as { code: string };
      expect(errorCodes).toContain(code);
    }
  });

  it('lists every error under its code', () => {
    const listed = table('Errors').flatMap(([code, reasons]) =>
      [...(reasons ?? '').matchAll(/`(\w+)`/g)].map(([, reason]) => [reason, Number(code)]),
    );
    const catalogue = errorCodes.map((code) => [code, errorCatalogue[code].socket]);
    expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(catalogue));
    expect(listed).toHaveLength(catalogue.length);
  });

  it('lists every close code', () => {
    const listed = table('Close codes').map(([code]) => Number(code));
    expect(listed).toEqual(Object.values(closeCodes).sort((a, b) => a - b));
  });
});
