/** Redis as a cluster, and as a master with a replica that sentinels watch. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../local/port.ts';
import { findProgram, versionOf } from '../local/programs.ts';
import { type ServerSpec, startLocal } from '../local/server.ts';
import { ask } from '../local/tcp.ts';
import { EngineNotAvailable, type RunningStore } from '../types.ts';
import { redisAnswers, redisSpec } from './redis.ts';

const slots = 16_384;
const masters = 3;
const settleMs = 60_000;
const pollMs = 50;
const masterName = 'mymaster';

/** Several servers of Redis that are one store. */
export interface RedisGroup extends AsyncDisposable {
  /** All addresses, separated by commas, as in `env.REDIS_URL`. */
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly engine: string;
}

export interface RedisCluster extends RedisGroup {
  readonly nodes: readonly RunningStore[];
}

export interface RedisSentinels extends RedisGroup {
  /** The name under which the sentinels know the master. */
  readonly masterName: string;
  /** As started; after a failover the roles are changed, see `masterUrl`. */
  readonly master: RunningStore;
  readonly replica: RunningStore;
  readonly sentinels: readonly RunningStore[];
  /** Who the first sentinel that answers holds for the master now. */
  masterUrl(): Promise<string>;
}

/**
 * Three masters in cluster mode, ready for commands on every slot.
 *
 * @throws {EngineNotAvailable} without redis-server on PATH
 */
export async function startRedisCluster(environment = process.env): Promise<RedisCluster> {
  const { program, engine } = await findRedis(environment);
  return build(engine, { REDIS_MODE: 'cluster' }, async (add) => {
    const nodes = await Promise.all(
      Array.from({ length: masters }, async () => {
        // By itself the bus takes a port ten thousand above, where somebody may be.
        const bus = await freePort();
        const cluster = [
          '--cluster-enabled',
          'yes',
          '--cluster-port',
          String(bus),
          '--cluster-node-timeout',
          '2000',
        ];
        const node = await add(redisSpec(program, engine, { args: cluster }));
        return { node, bus };
      }),
    );
    const [first] = nodes;
    for (const [index, { node, bus }] of nodes.entries()) {
      const range = [index, index + 1].map((part) => Math.ceil((part * slots) / masters));
      await say(node, `CLUSTER ADDSLOTSRANGE ${range[0]} ${(range[1] ?? 0) - 1}`);
      await say(node, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
      if (first && node !== first.node)
        await say(first.node, `CLUSTER MEET 127.0.0.1 ${portOf(node)} ${bus}`);
    }
    const all = nodes.map(({ node }) => node);
    const ready = /cluster_state:ok.*cluster_known_nodes:3\r/s;
    await settle(() => Promise.all(all.map((node) => ask(portOf(node), 'CLUSTER INFO\r\n', ready))));
    return { entries: all, more: { nodes: all } };
  });
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
    const masterUrl = async () => {
      const question = `SENTINEL GET-MASTER-ADDR-BY-NAME ${masterName}\r\n`;
      const answers = sentinels.map((one) =>
        ask(portOf(one), question, /\*2\r\n\$\d+\r\n(.+)\r\n\$\d+\r\n(\d+)\r\n/),
      );
      const [, host, port] = await Promise.any(answers);
      return `redis://${host}:${port}`;
    };
    return { entries: sentinels, more: { masterName, master, replica, sentinels, masterUrl } };
  });
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

/** Starts servers, and ends those that were started when something fails. */
async function build<T extends object>(
  engine: string,
  names: Record<string, string>,
  start: (
    add: (spec: ServerSpec) => Promise<RunningStore>,
  ) => Promise<{ entries: readonly RunningStore[]; more: T }>,
): Promise<RedisGroup & T> {
  const started: RunningStore[] = [];
  const dispose = async () => {
    await Promise.all(started.map((server) => server[Symbol.asyncDispose]()));
  };
  try {
    const { entries, more } = await start(async (spec) => {
      const server = await startLocal(spec, {});
      started.push(server);
      return server;
    });
    const url = entries.map((server) => server.url).join(',');
    return { ...more, engine, url, env: { REDIS_URL: url, ...names }, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function findRedis(environment: NodeJS.ProcessEnv): Promise<{ program: string; engine: string }> {
  const program = findProgram('redis-server', environment);
  if (!program) {
    const help =
      "Install Debian's package redis-server, or call startRedis() first, which does so where it may.";
    throw new EngineNotAvailable('redis', `Several servers of Redis need redis-server on PATH. ${help}`);
  }
  return { program, engine: `redis-server ${await versionOf(program)}` };
}

async function say(node: RunningStore, command: string): Promise<void> {
  await ask(portOf(node), `${command}\r\n`, /^\+OK/);
}

/** Repeats a question until it is answered. */
async function settle(question: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    try {
      await question();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(pollMs);
  }
}

function portOf({ url }: RunningStore): number {
  return Number(new URL(url).port);
}

function writeIfMissing(file: string, lines: string[]): void {
  try {
    writeFileSync(file, lines.join('\n'), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
