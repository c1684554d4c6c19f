import type { Cluster, Redis } from 'ioredis';

export function addressOf(node: Redis): { host: string; port: number } {
  return { host: node.options.host ?? 'localhost', port: node.options.port ?? 6_379 };
}

/** Resolves when every master answers and says that no slot is missing. */
export async function assertWhole(cluster: Cluster): Promise<void> {
  const infos = await Promise.all(cluster.nodes('master').map((node) => node.cluster('INFO')));
  if (infos.length === 0 || !infos.every((info) => String(info).includes('cluster_state:ok'))) {
    throw new Error('the cluster is not whole');
  }
}
