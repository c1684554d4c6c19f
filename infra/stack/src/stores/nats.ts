/** NATS with JetStream. */
import { randomBytes } from 'node:crypto';
import { fromDocker } from '../engines/docker.ts';
import { fromDebian, inCache, onPath, type Program, withGo } from '../engines/program.ts';
import { fromUrl } from '../engines/url.ts';
import type { Store } from '../engines/way.ts';
import type { ServerSpec } from '../local/server.ts';
import { ask } from '../local/tcp.ts';

/**
 * Debian's is 2.9, which lacks much of what JetStream can do today; so Go's comes first. Not an older 2.12: 2.12.1 reads a whole
 * block of the stream for every event that it stores, which is three times the CPU.
 */
const module = { path: 'github.com/nats-io/nats-server/v2', version: '2.12.15' };

export const natsStore: Store = {
  name: 'nats',
  title: 'NATS',
  help:
    "Go (which builds nats-server), nats-server on PATH (Debian's package nats-server), Docker, or TEST_NATS_URL " +
    '(NATS_URL for npm run stack)',
  ways(options) {
    const program: Program = { name: 'nats-server', options, spec: natsSpec };
    return [
      fromUrl({ name: 'nats', options, main: 'NATS_URL', others: ['NATS_REPLICAS'] }),
      fromDocker({ name: 'nats', options, service: 'nats-dev', port: 4222, url, variables }),
      inCache(program, module),
      withGo(program, module),
      onPath(program),
      fromDebian(program, 'nats-server'),
    ];
  },
};

const url = (port: number) => `nats://127.0.0.1:${port}`;
const variables = (port: number) => ({ NATS_URL: url(port) });

function natsSpec(program: string, engine: string): ServerSpec {
  // Tells this server from another one that took the port faster.
  const name = `parley-${randomBytes(6).toString('hex')}`;
  return {
    name: 'nats',
    engine,
    command: program,
    args: (port, dataDir) => ['-a', '127.0.0.1', '-p', String(port), '-n', name, '-js', '-sd', dataDir],
    url,
    variables,
    async probe(port) {
      const [, info = ''] = await ask(port, '', /^INFO (\{.*\})\s*\r\n/);
      const { server_name, jetstream }: { server_name?: string; jetstream?: boolean } = JSON.parse(info);
      if (server_name !== name || jetstream !== true) throw new Error(`another NATS listens on port ${port}`);
    },
    portTaken: /address already in use/i,
  };
}
