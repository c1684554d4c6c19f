/** Media tools on a temporary folder of their own, and what tests want to know of them. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageFound, Log } from '@parley/core';
import { LocalMediaTools, type MediaToolsOptions } from '../../src/media/index.ts';

export interface LogLine {
  level: keyof Log;
  fields: Record<string, unknown>;
  message: string;
}

/** Keeps what is logged; `onLine` sees it at once. */
export function recordingLog(onLine: (line: LogLine) => void = () => {}): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write = (level: keyof Log) => (fields: object, message: string) => {
    const line = { level, fields: fields as Record<string, unknown>, message };
    lines.push(line);
    onLine(line);
  };
  return {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
}

export interface TestTools {
  tools: LocalMediaTools;
  dir: string;
  log: ReturnType<typeof recordingLog>;
  /** Process ids of the image processes that came up, the oldest first. */
  imageProcesses: number[];
  /** Names of temporary files that are there now. */
  leftovers(): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function openMediaTools(
  options: Partial<MediaToolsOptions> & { onStart?: (pid: number) => void } = {},
): Promise<TestTools> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-media-tools-'));
  const imageProcesses: number[] = [];
  const log = recordingLog(({ fields }) => {
    if (typeof fields.imageProcess !== 'number') return;
    imageProcesses.push(fields.imageProcess);
    options.onStart?.(fields.imageProcess);
  });
  const { onStart: _, ...rest } = options;
  const tools = new LocalMediaTools({
    temporaryDir: dir,
    log,
    ffmpeg: null,
    // One, so that tests know which one an image goes to.
    imageProcesses: 1,
    ...rest,
  });
  await tools.start();
  return {
    tools,
    dir,
    log,
    imageProcesses,
    leftovers: async () => {
      const folders = await readdir(dir);
      return (await Promise.all(folders.map((folder) => readdir(join(dir, folder))))).flat();
    },
    [Symbol.asyncDispose]: async () => {
      await tools.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What was found, with the bytes that were to be stored. */
export async function take(found: ImageFound) {
  const chunks: Buffer[] = [];
  for await (const chunk of found.body()) chunks.push(chunk);
  return { ...found, bytes: Buffer.concat(chunks) };
}

/** Nice value of each thread of a process: proc_pid_stat(5), field 19. */
export async function niceValues(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  return Promise.all(
    threads.map(async (thread) => {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    }),
  );
}
