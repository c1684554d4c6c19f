/** Objects: any S3. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromDocker } from '../engines/docker.ts';
import { inCache, onPath, type Program, withGo } from '../engines/program.ts';
import { fromUrl } from '../engines/url.ts';
import type { Store } from '../engines/way.ts';
import type { ServerSpec } from '../local/server.ts';
import type { StartOptions } from '../options.ts';

const module = { path: 'github.com/versity/versitygw/cmd/versitygw', version: '1.8.0' };
const answerMs = 1000;
const bucket = 'whatsapp-media';

export const s3Store: Store = {
  name: 's3',
  title: 'S3',
  help:
    'Go (which builds versitygw), versitygw on PATH, Docker, or TEST_MINIO_ENDPOINT with TEST_MINIO_ACCESS_KEY and ' +
    'TEST_MINIO_SECRET_KEY (MINIO_… for npm run stack)',
  ways(options) {
    const program: Program = {
      name: 'versitygw',
      options,
      spec: (file, engine) => versitygwSpec(file, engine, options),
    };
    const others = ['ACCESS_KEY', 'SECRET_KEY', 'BUCKET', 'USE_SSL', 'REGION', 'PUBLIC_URL'].map(
      (name) => `MINIO_${name}`,
    );
    return [
      fromUrl({ name: 's3', options, main: 'MINIO_ENDPOINT', others }),
      fromDocker({
        name: 's3',
        options,
        service: 's3-dev',
        port: 8333,
        url,
        variables: (port) => variables(port, dockerKeys),
      }),
      onPath(program),
      inCache(program, module),
      withGo(program, module),
    ];
  },
};

interface Keys {
  access: string;
  secret: string;
}

/** As docker-compose.yml has them for the profile `dev`. */
const dockerKeys: Keys = { access: 'for-development-only', secret: 'for-development-only' };

const url = (port: number) => `http://127.0.0.1:${port}`;

function variables(port: number, keys: Keys): Record<string, string> {
  return {
    MINIO_ENDPOINT: `127.0.0.1:${port}`,
    MINIO_ACCESS_KEY: keys.access,
    MINIO_SECRET_KEY: keys.secret,
    MINIO_BUCKET: bucket,
    MINIO_USE_SSL: 'false',
  };
}

function versitygwSpec(program: string, engine: string, options: StartOptions): ServerSpec {
  const keys = keysOf(options.dataDir);
  // Tells this server from another one that took the port faster.
  const health = `/${randomBytes(12).toString('hex')}`;
  return {
    name: 's3',
    engine,
    command: program,
    args: (port, dataDir) => [
      ...['--port', `127.0.0.1:${port}`, '--health', health, '--quiet', 'posix', dataDir],
    ],
    env: { ...process.env, ROOT_ACCESS_KEY: keys.access, ROOT_SECRET_KEY: keys.secret },
    url,
    variables: (port) => variables(port, keys),
    async probe(port) {
      const url = `http://127.0.0.1:${port}${health}`;
      const { ok } = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
      if (!ok) throw new Error('it is not ready');
    },
    portTaken: /address already in use/i,
  };
}

/** Random, and kept beside data that is kept: buckets belong to their key. */
function keysOf(dataDir: string | undefined): Keys {
  const keys = { access: randomBytes(10).toString('hex'), secret: randomBytes(20).toString('hex') };
  if (dataDir === undefined) return keys;
  const file = `${dataDir}.keys.json`;
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 });
  return keys;
}
