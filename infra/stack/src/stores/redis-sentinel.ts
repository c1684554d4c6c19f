/** Redis as a master with a replica that sentinels watch. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerSpec } from '../local/server.ts';
import { ask } from '../local/tcp.ts';
import type { RunningStore } from '../types.ts';
import { redisAnswers, redisSpec } from './redis.ts';
import { build, findRedis, portOf, type RedisGroup, settle } from './redis-group.ts';

const masterName = 'mymaster';

export interface RedisSentinels extends RedisGroup {
  /** The name under which the sentinels know the master. */
  readonly masterName: string;
  /** As started; after a failover the roles are changed, see `masterUrl`. */
  readonly master: RunningStore;
  readonly replica: RunningStore;
  readonly sentinels: readonly RunningStore[];
  /** Who the sentinels hold for the master now; null while those that answer do not agree. */
  masterUrl(): Promise<string | null>;
}

/**
 * A master with a replica that has caught up, and three sentinels that know each other: a master that is stopped or paused is
 * replaced after about two seconds.
 *
 * @throws {EngineNotAvailable} without redis-server on PATH
 */
export async function startRedisSentinel(environment = process.env): Promise<RedisSentinels> {
  const { program, engine } = await findRedis(environment);
  const names = { REDIS_MODE: 'sentinel', REDIS_SENTINEL_NAME: masterName };
  return build(engine, names, async (add) => {
    const quick = ['--repl-diskless-sync-delay', '0'];
    const master = await add(redisSpec(program, engine, { args: quick }));
    const follow = [...quick, '--replicaof', `127.0.0.1 ${portOf(master)}`];
    const replica = await add(redisSpec(program, engine, { args: follow }));
    await settle(() => ask(portOf(replica), 'INFO replication\r\n', /master_link_status:up/));
    const watch = sentinelSpec(program, engine, portOf(master));
    const sentinels = await Promise.all([add(watch), add(watch), add(watch)]);
    const known = /num-slaves\r\n\$1\r\n1\r\n.*num-other-sentinels\r\n\$1\r\n2\r\n/s;
    await settle(() =>
      Promise.all(sentinels.map((one) => ask(portOf(one), `SENTINEL MASTER ${masterName}\r\n`, known))),
    );
    const masterUrl = () => agreedMaster(sentinels);
    return { entries: sentinels, more: { masterName, master, replica, sentinels, masterUrl } };
  });
}

async function agreedMaster(sentinels: readonly RunningStore[]): Promise<string | null> {
  const question = `SENTINEL GET-MASTER-ADDR-BY-NAME ${masterName}\r\n`;
  const form = /\*2\r\n\$\d+\r\n(.+)\r\n\$\d+\r\n(\d+)\r\n/;
  const answers = await Promise.allSettled(sentinels.map((one) => ask(portOf(one), question, form)));
  const urls = answers.flatMap((answer) =>
    answer.status === 'fulfilled' ? [`redis://${answer.value[1]}:${answer.value[2]}`] : [],
  );
  const [first = null] = urls;
  return urls.every((url) => url === first) ? first : null;
}

function sentinelSpec(program: string, engine: string, masterPort: number): ServerSpec {
  const url = (port: number) => `redis://127.0.0.1:${port}`;
  return {
    name: 'redis',
    engine: `${engine} (sentinel)`,
    command: program,
    args(port, dataDir) {
      // Sentinel writes what it learns into its file, so a restart must find that again.
      const file = join(dataDir, `sentinel-${port}.conf`);
      writeIfMissing(file, [
        `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} 2`,
        `sentinel down-after-milliseconds ${masterName} 1000`,
        `sentinel failover-timeout ${masterName} 5000`,
        '',
      ]);
      return [file, '--sentinel', '--port', String(port), '--bind', '127.0.0.1', '--dir', dataDir];
    },
    url,
    variables: (port) => ({ REDIS_URL: url(port) }),
    probe: redisAnswers,
    portTaken: /Address already in use/i,
  };
}

function writeIfMissing(file: string, lines: string[]): void {
  try {
    writeFileSync(file, lines.join('\n'), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
