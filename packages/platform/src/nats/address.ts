/** From `NATS_URL` to what the client library takes. */
import type { ConnectionOptions } from '@nats-io/transport-node';

const defaultPort = '4222';

/**
 * Reads `nats://host`, `nats://user:password@host:port`, `nats://token@host` or `tls://…`, one or several (separated by
 * commas or as a list). All servers of a cluster take the same credentials: those of the first address that has any.
 *
 * @throws {Error} where an address cannot be read; it never shows the address, which may hold a password
 */
export function readAddresses(
  addresses: string | readonly string[],
): Pick<ConnectionOptions, 'servers' | 'user' | 'pass' | 'token' | 'tls'> & { servers: string[] } {
  const texts = (typeof addresses === 'string' ? addresses.split(',') : addresses).map((text) => text.trim());
  const urls = texts.map((text) => {
    if (!URL.canParse(text)) throw new Error('an address of NATS must be like nats://host:4222');
    return new URL(text);
  });
  const named = urls.find((url) => url.username !== '');
  const user = named && decodeURIComponent(named.username);
  return {
    servers: urls.map((url) => `${url.hostname}:${url.port || defaultPort}`),
    ...(user === undefined
      ? {}
      : named?.password
        ? { user, pass: decodeURIComponent(named.password) }
        : { token: user }),
    ...(urls.some((url) => url.protocol === 'tls:') ? { tls: {} } : {}),
  };
}
