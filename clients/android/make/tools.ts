/** The programs that the client is made with: Java and Maven. Parley itself needs neither. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);
const leastJava = 17;

/** Why the client cannot be made here; undefined where it can. */
export async function missingTools(): Promise<string | undefined> {
  const java = await output('java', ['-version']);
  const version = Number(java?.match(/version "(\d+)/)?.[1]);
  if (java === undefined || !(version >= leastJava)) {
    return `Java ${leastJava} or newer is needed, and ${java === undefined ? 'there is none' : `this is ${version}`}`;
  }
  const maven = await output('mvn', ['-version']);
  return maven === undefined ? 'Maven is needed, and there is none' : undefined;
}

/** What a program prints, on either stream; undefined where it is not there. */
async function output(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, args);
    return stdout + stderr;
  } catch {
    return undefined;
  }
}

/** Runs a program to its end in a folder. Errors: it fails; the message has the last of what it printed. */
export async function runTool(program: string, args: string[], cwd: string): Promise<void> {
  // These programs live for seconds: compiling their code well takes longer than it saves.
  const env = { ...process.env, MAVEN_OPTS: `${process.env.MAVEN_OPTS ?? ''} -XX:TieredStopAtLevel=1` };
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-8000);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${args[0]} failed (${code}):\n${printed}`);
}
