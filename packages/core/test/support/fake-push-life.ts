/** Workers that die in the middle of what they do. */

/** How long a worker of the tests lives. */
export interface Fuse {
  /** It dies at this call of a port, counted from 0. */
  calls: number;
  /** Whether that call still has its effect. */
  effect: boolean;
}

/** Ports that answer until the fuse has burnt down; `death` resolves then. The names of calls are noted. */
export function lifeOf(fuse: Fuse | undefined, calls: string[]) {
  const { promise: death, resolve: die } = Promise.withResolvers<void>();
  const life = { left: fuse?.calls ?? Number.POSITIVE_INFINITY, dead: false };
  const mortal = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get: (target, method) => {
        const does = Reflect.get(target, method);
        if (typeof does !== 'function') return does;
        return async (...args: unknown[]) => {
          if (life.dead) return new Promise(() => undefined);
          const last = life.left-- === 0;
          if (last) life.dead = true;
          if (last && !fuse?.effect) {
            die();
            return new Promise(() => undefined);
          }
          calls.push(`${name}.${String(method)}`);
          const [result] = await Promise.allSettled([does.apply(target, args)]);
          if (last) die();
          // What it would do with the answer is never done.
          if (life.dead) return new Promise(() => undefined);
          if (result.status === 'rejected') throw result.reason;
          return result.value;
        };
      },
    });
  return { mortal, death };
}
