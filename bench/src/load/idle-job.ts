import { readOpenFiles } from '../procfs.ts';
import type { IdleConnect, IdleSignIn, IdleState } from '../protocol.ts';
import { Connection } from './connection.ts';
import { type Account, mapLimit, signInMany } from './http-api.ts';

/** The contract's interval: a connection that is silent for 60 s is closed. */
const PING_EVERY_MS = 25_000;
const PING_STEPS = 100;
/** A source address has some 28,000 ports by default; beyond this many connections the next address is used. */
const PER_ADDRESS = 20_000;
/** Files that a Node process has open anyway. */
const SPARE_FILES = 100;

/** Users who connect and then do nothing but ping, as phones in pockets do. */
export class IdleHerd {
  #accounts: Account[] = [];
  readonly #connections: Connection[] = [];
  readonly #lost: string[] = [];
  #pinging: NodeJS.Timeout | null = null;
  #step = 0;

  async signIn({ url, count }: IdleSignIn): Promise<{ seconds: number }> {
    const from = performance.now();
    this.#accounts = await signInMany(url, count);
    return { seconds: (performance.now() - from) / 1000 };
  }

  /** Opens `count` more connections, each of another user. */
  async connect({ url, transport, count }: IdleConnect): Promise<IdleState> {
    const from = performance.now();
    const first = this.#connections.length;
    const limit = readOpenFiles(process.pid);
    if (limit !== null && limit < first + count + SPARE_FILES) {
      throw new Error(
        `the generator may open ${limit} files, too few for ${first + count} connections (ulimit -n)`,
      );
    }
    this.#pinging ??= setInterval(() => this.#ping(), PING_EVERY_MS / PING_STEPS);
    const manyAddresses = this.#accounts.length > PER_ADDRESS && new URL(url).hostname === '127.0.0.1';
    await mapLimit(count, 64, async (offset) => {
      const index = first + offset;
      const account = this.#accounts[index];
      if (!account) throw new Error('more connections than users');
      const address = manyAddresses ? `127.0.0.${2 + Math.floor(index / PER_ADDRESS)}` : undefined;
      const connection = await Connection.open(url, transport, account.token, address);
      connection.onClose = (reason) => this.#lost.push(reason);
      this.#connections.push(connection);
    });
    return { ...this.state(), seconds: (performance.now() - from) / 1000 };
  }

  state(): IdleState {
    const open = this.#connections.filter((connection) => connection.isOpen).length;
    return { open, seconds: 0, lost: this.#lost.slice(0, 5) };
  }

  /** Pings a hundredth of the connections, so that all pings of a round are spread over its 25 s. */
  #ping(): void {
    for (let index = this.#step; index < this.#connections.length; index += PING_STEPS) {
      const connection = this.#connections[index];
      if (connection?.isOpen) connection.send(connection.wire.event('ping', {}));
    }
    this.#step = (this.#step + 1) % PING_STEPS;
  }
}
