import type { Config } from '@parley/platform';
import type { Program } from '@parley/runtime';

/** What a newcomer reads first: where things are and how to sign in. */
export function banner(parley: Program, config: Config, startedMs: number): string {
  const { url } = parley;
  const own = [
    config.databaseUrl && 'PostgreSQL',
    config.mongoUrl && 'MongoDB',
    config.redisUrl && 'Redis',
    config.natsUrl && 'NATS',
    config.minioEndpoint && 'S3',
  ].filter(Boolean);
  const engine = own.length > 0 ? `your ${own.join(', ')}` : `embedded engines, data in ${config.dataDir}`;
  const lines = [
    '',
    `  Parley is running (${engine}; ready in ${(startedMs / 1000).toFixed(1)} s)`,
    '',
    `  Chat         ${url}          the web client: try it with two people, no phone needed`,
    `  REST         ${url}/api/v1          described at ${url}/docs`,
    `  WebSocket    ${url.replace('http', 'ws')}/ws`,
    `  Socket.IO    ${url}/socket.io`,
  ];
  if (parley.runtime.inbox) {
    lines.push(
      '',
      '  Sign in      with any phone number, like +491511234567: the page shows the code, and so does the dev inbox',
      `  Dev inbox    ${url}/dev/inbox       codes appear here as they are "sent"`,
      '  See it work  npm run demo            in another terminal: three people chat through this server',
    );
  }
  lines.push('', '  Ctrl-C stops it. Everything that was accepted is kept.', '', '');
  return lines.join('\n');
}
