/** Runs the compiled examples and does with the network what they ask for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type Told = Record<string, string | null>;

/**
 * Runs `parley.example.MainKt`; gives what it told, by step. `please` does what the program asks for. Errors: it fails, with what it printed.
 */
export async function runExamples(
  classPath: string,
  args: string[],
  please: (what: string) => Promise<void> | void,
): Promise<Map<string, Told>> {
  const child = spawn(
    'java',
    ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'parley.example.MainKt', ...args],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  const told = new Map<string, Told>();
  const all: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => all.push(text));
  const ended = once(child, 'close') as Promise<[number | null]>;
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      all.push(`${line}\n`);
      const { step, please: what, ...values } = JSON.parse(line) as Told;
      if (typeof step === 'string') told.set(told.has(step) ? `${step} (2)` : step, values);
      if (typeof what === 'string') {
        await please(what);
        child.stdin.write(`${what}\n`);
      }
    }
    const [code] = await ended;
    if (code !== 0) throw new Error(`the examples failed (${code}):\n${all.join('')}`);
    return told;
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}
