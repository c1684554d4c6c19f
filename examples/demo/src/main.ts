/** Real people talk through the SDK: plays an exported chat against a running server or one of its own. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Allowance } from './allowance.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { bodyOf, type ParsedChat, parseExport } from './parse.ts';
import { gather } from './people.ts';
import { Player } from './play.ts';
import {
  chatView,
  renderDay,
  renderMessage,
  renderSummary,
  renderSystem,
  summarise,
  terminalOf,
} from './render.ts';
import { type DemoServer, findServer } from './server.ts';

const sample = fileURLToPath(new URL('../sample/trip.txt', import.meta.url));

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The longest text a message may have, in code points (contract section 2). */
const longest = 4096;

async function play(chat: ParsedChat, server: DemoServer, options: Options): Promise<void> {
  const terminal = terminalOf(process.stdout, process.env);
  const view = chatView(chat.participants, terminal);
  const people = await gather(server.url, chat.participants);
  const allowance = server.own ? null : new Allowance();
  const player = new Player(people);
  const timings: { deliveredMs?: number; readMs?: number }[] = [];
  const began = performance.now();
  let day = '';
  let played = 0;
  for (const entry of chat.entries) {
    if (entry.kind === 'message' && played >= options.limit) break;
    if (entry.at.slice(0, 10) !== day) {
      day = entry.at.slice(0, 10);
      print(renderDay(entry.at, view));
    }
    if (entry.kind === 'system') {
      print(renderSystem(entry.text, view));
      continue;
    }
    const text = [...bodyOf(entry)].slice(0, longest).join('');
    await allowance?.take(entry.author, people.length - 1);
    const timing = await player.say(entry.author, text);
    timings.push(timing);
    played++;
    print(
      renderMessage(
        { author: entry.author, text, at: entry.at, receipt: 'read', latencyMs: timing.deliveredMs },
        view,
      ),
    );
    // Against a running server an even pace reads better than bursts and waits.
    await pause(options.pace ?? (server.own ? 30 : 110 * (people.length - 1)));
  }
  print('');
  print(renderSummary(summarise(timings, people.length, performance.now() - began), terminal));
  for (const person of people) await person.client.close();
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), sample);
  if (options === 'help') {
    print(usage);
    return 0;
  }
  const chat = parseExport(await readFile(options.file, 'utf8'));
  for (const warning of chat.warnings.slice(0, 5))
    process.stderr.write(`line ${warning.line}: ${warning.message}\n`);
  if (chat.participants.length < 2) throw new Error('a conversation needs two people at least');
  if (chat.participants.length > 10) throw new Error('the demo plays conversations of up to 10 people');
  const server = await findServer(options.url);
  print(
    server.own
      ? 'Playing through a server of its own.'
      : `Playing through the server at ${server.url}. Its rate limits hold: the pace is what they allow.`,
  );
  const leave = () => void server.stop().finally(() => process.exit(130));
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  try {
    await play(chat, server, options);
  } finally {
    await server.stop();
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
  process.exitCode = 1;
}
