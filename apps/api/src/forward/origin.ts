/** One address of REALTIME_URL. Its name may stand for several programs: a Compose service, a headless service of Kubernetes. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostOf, Target } from './target.ts';

/** All addresses of a host name; rejects when there are none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** As the operating system resolves names. */
export const resolveName: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

export class Origin {
  readonly #url: URL;
  readonly #resolve: Resolve;
  /** Null for an address. */
  readonly #name: string | null;
  #targets: Target[];
  #resolving = false;

  constructor(url: URL, resolve: Resolve) {
    const host = hostOf(url);
    this.#url = url;
    this.#resolve = resolve;
    this.#name = isIP(host) === 0 ? host : null;
    this.#targets = [new Target(url, host)];
  }

  /** One per address; the name itself until it has been resolved. */
  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** Looks its addresses up again. While the name cannot be resolved, those that were known remain. */
  async refresh(): Promise<void> {
    if (this.#name === null || this.#resolving) return;
    this.#resolving = true;
    try {
      // Sorted, since name servers turn their answers round.
      const hosts = [...new Set(await this.#resolve(this.#name))].sort();
      if (hosts.length > 0) this.#targets = hosts.map((host) => this.#known(host));
    } catch {
      // Tried again soon.
    } finally {
      this.#resolving = false;
    }
  }

  /** What is known of a target outlives a refresh. */
  #known(host: string): Target {
    return this.#targets.find(({ endpoint }) => endpoint.host === host) ?? new Target(this.#url, host);
  }
}
