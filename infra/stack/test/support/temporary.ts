/** A folder that is removed after the test. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class TemporaryFolder implements Disposable {
  readonly path: string;

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'parley-stack-test-'));
    // Postgres runs as another user.
    chmodSync(this.path, 0o755);
  }

  /** Writes a program, by default a shell script. */
  program(name: string, text: string, interpreter = '/bin/sh'): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!${interpreter}\n${text}\n`, { mode: 0o755 });
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
