/** MongoDB, or what stands in for it. */
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce, cached } from '../engines/cache.ts';
import { fromDocker } from '../engines/docker.ts';
import { onPath } from '../engines/program.ts';
import { fromUrl } from '../engines/url.ts';
import type { Store, Way } from '../engines/way.ts';
import { mongoAnswers } from '../local/hello.ts';
import { findProgram, runProgram } from '../local/programs.ts';
import { type ServerSpec, startLocal } from '../local/server.ts';
import type { StartOptions } from '../options.ts';

const project = fileURLToPath(new URL('../../mongo/', import.meta.url));
const buildMs = 5 * 60_000;
const standIn = 'mongo-java-server 1.47 (stands in for MongoDB)';

export const mongoStore: Store = {
  name: 'mongodb',
  title: 'MongoDB',
  help:
    'mongod on PATH, Java 17 or newer with Maven (which bring mongo-java-server), Docker, or TEST_MONGO_URL ' +
    '(MONGO_URL for npm run stack)',
  ways(options) {
    return [
      fromUrl({ name: 'mongodb', options, main: 'MONGO_URL' }),
      fromDocker({ name: 'mongodb', options, service: 'mongodb-dev', port: 27017, ...inDocker }),
      onPath({ name: 'mongod', options, spec: mongodSpec }),
      withJava(options),
    ];
  },
};

/**
 * The URL of a database that nobody else uses, on the same server. A test file that shares a server takes one for itself.
 *
 * @param url any URL of the server; its parameters are kept
 */
export function freshMongoUrl(url: string, name = `parley_${randomBytes(6).toString('hex')}`): string {
  // Several hosts with ports are no URL, so it is text.
  return url.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${name}`);
}

/** Directly: the replica set of one gives its address as it is in the profile, on another port. */
const dockerUrl = (port: number) => `mongodb://127.0.0.1:${port}/parley?directConnection=true`;
const inDocker = { url: dockerUrl, variables: (port: number) => ({ MONGO_URL: dockerUrl(port) }) };

function spec(engine: string, command: string, args: ServerSpec['args'], listening: RegExp): ServerSpec {
  const url = (port: number) => `mongodb://127.0.0.1:${port}/parley`;
  return {
    name: 'mongodb',
    engine,
    command,
    args,
    url,
    variables: (port) => ({ MONGO_URL: url(port) }),
    listening,
    probe: mongoAnswers,
    portTaken: /Address already in use/i,
  };
}

function mongodSpec(program: string, engine: string): ServerSpec {
  const args: ServerSpec['args'] = (port, dataDir) => [
    ...['--port', String(port), '--bind_ip', '127.0.0.1', '--dbpath', dataDir, '--nounixsocket'],
  ];
  return spec(engine, program, args, /waiting for connections/i);
}

function javaSpec(java: string, folder: string): ServerSpec {
  // Small and quick to start: it serves tests.
  const machine = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const classes = ['-cp', `${join(folder, 'classes')}:${join(folder, 'lib', '*')}`, 'Launch'];
  const args: ServerSpec['args'] = (port, dataDir) => [
    ...[...machine, ...classes, String(port), join(dataDir, 'mongo.mv')],
  ];
  return spec(standIn, java, args, /^listening on port/m);
}

/** mongo-java-server from Maven Central, once; then it is in the cache. */
function withJava(options: StartOptions): Way {
  const environment = options.environment ?? process.env;
  const find = (name: string) => {
    const program = findProgram(name, environment);
    if (!program) throw new Error(`mongo-java-server cannot be had: ${name} is not on PATH`);
    return program;
  };
  const build = async (draft: string) => {
    options.notice?.('fetching mongo-java-server with Maven');
    const run = (program: string, args: string[]) =>
      runProgram(find(program), args, { env: environment, timeoutMs: buildMs }).catch((error: Error) => {
        throw new Error(`mongo-java-server cannot be had: ${program} failed: ${error.message}`, {
          cause: error,
        });
      });
    const lib = join(draft, 'lib');
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${lib}`];
    await run('mvn', ['-q', '-B', '-f', join(project, 'pom.xml'), ...copy]);
    const jars = (await readdir(lib)).map((jar) => join(lib, jar)).join(':');
    await run('javac', ['-cp', jars, '-d', join(draft, 'classes'), join(project, 'Launch.java')]);
  };
  return {
    source: 'build',
    async check() {
      find('java');
      if (cached(key(), environment)) return standIn;
      find('javac');
      find('mvn');
      return `${standIn}, fetched with Maven`;
    },
    async prepare() {
      const folder = await buildOnce(key(), environment, build);
      const java = find('java');
      return () => startLocal(javaSpec(java, folder), options);
    },
  };
}

/** Changes with the sources, so that an older build is not taken. */
function key(): string {
  const hash = createHash('sha256');
  for (const name of ['pom.xml', 'Launch.java']) hash.update(readFileSync(join(project, name)));
  return `mongo-java-server-${hash.digest('hex').slice(0, 12)}`;
}
