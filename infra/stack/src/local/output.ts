/** The last lines that a process has printed. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const keptLines = 100;

export class Output {
  readonly #lines: string[] = [];
  readonly #log: ((line: string) => void) | undefined;

  constructor(log?: (line: string) => void) {
    this.#log = log;
  }

  /** Reads both of its streams until they end. */
  follow(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => this.add(line));
    }
  }

  add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > keptLines) this.#lines.shift();
    this.#log?.(line);
  }

  toString(): string {
    return this.#lines.join('\n');
  }
}
