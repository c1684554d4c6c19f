/** Several stores with an outbox each: every row goes to the relay of its store. */
import type { Publisher } from '@parley/core';

/**
 * A publisher that tells stores by how their row ids begin.
 *
 * @param byPrefix e.g. `{ 'mongo:': relay }`
 * @param rest takes every other row
 */
export function routePublisher(byPrefix: Readonly<Record<string, Publisher>>, rest: Publisher): Publisher {
  const routes = Object.entries(byPrefix);
  return {
    publish(outboxId, events) {
      const route = routes.find(([prefix]) => outboxId.startsWith(prefix));
      (route?.[1] ?? rest).publish(outboxId, events);
    },
  };
}
