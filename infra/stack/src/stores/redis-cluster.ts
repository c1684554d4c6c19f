/** Redis as a cluster. */
import { freePort } from '../local/port.ts';
import { ask } from '../local/tcp.ts';
import type { RunningStore } from '../types.ts';
import { redisSpec } from './redis.ts';
import { build, findRedis, portOf, type RedisGroup, settle } from './redis-group.ts';

const slots = 16_384;
const masters = 3;

export interface RedisCluster extends RedisGroup {
  readonly nodes: readonly RunningStore[];
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

async function say(node: RunningStore, command: string): Promise<void> {
  await ask(portOf(node), `${command}\r\n`, /^\+OK/);
}
