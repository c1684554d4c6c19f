/** Redis. */
import { fromDocker } from '../engines/docker.ts';
import { fromDebian, onPath, type Program } from '../engines/program.ts';
import { fromUrl } from '../engines/url.ts';
import type { Store } from '../engines/way.ts';
import type { ServerSpec } from '../local/server.ts';
import { ask } from '../local/tcp.ts';

export interface RedisSettings {
  /** When the append-only file is forced to disk; `everysec` by default. It survives a killed server with any of them. */
  fsync?: 'always' | 'everysec' | 'no';
  /** Further arguments of redis-server. */
  args?: readonly string[];
}

export function redisStore(settings: RedisSettings = {}): Store {
  return {
    name: 'redis',
    title: 'Redis',
    help: "redis-server on PATH (Debian's package redis-server), Docker, or TEST_REDIS_URL (REDIS_URL for npm run stack)",
    ways(options) {
      const program: Program = {
        name: 'redis-server',
        options,
        spec: (file, engine) => redisSpec(file, engine, settings),
      };
      const others = ['REDIS_MODE', 'REDIS_SENTINEL_NAME'];
      return [
        fromUrl({ name: 'redis', options, main: 'REDIS_URL', others }),
        fromDocker({ name: 'redis', options, service: 'redis-dev', port: 6379, url, variables }),
        onPath(program),
        fromDebian(program, 'redis-server'),
      ];
    },
  };
}

const url = (port: number) => `redis://127.0.0.1:${port}`;
const variables = (port: number) => ({ REDIS_URL: url(port) });

export function redisSpec(program: string, engine: string, settings: RedisSettings = {}): ServerSpec {
  return {
    name: 'redis',
    engine,
    command: program,
    args: (port, dataDir) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir, '--daemonize', 'no'],
      ...['--appendonly', 'yes', '--appendfsync', settings.fsync ?? 'everysec', '--save', ''],
      ...(settings.args ?? []),
    ],
    url,
    variables,
    probe: redisAnswers,
    portTaken: /Address already in use/i,
  };
}

/** Answers PING, so it has loaded its data; and is the process that was started, not another one that was faster. */
export async function redisAnswers(port: number, pid: number): Promise<void> {
  const [, answering] = await ask(port, 'PING\r\nINFO server\r\n', /\+PONG.*process_id:(\d+)\r\n/s);
  if (Number(answering) !== pid)
    throw new Error(`another Redis (process ${answering}) listens on port ${port}`);
}
