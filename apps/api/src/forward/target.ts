/** One realtime program, and whether it is worth asking. */
import { isIP } from 'node:net';

/** Milliseconds for which a target that could not be reached is asked last; doubles with every failure in a row. */
const avoidMs = 2_000;
const maxAvoidMs = 60_000;

/** How it is reached, for `http.request` and `https.request`. */
export interface Endpoint {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  /** The name in its certificate, where it has one. */
  readonly servername?: string;
}

export class Target {
  readonly endpoint: Endpoint;
  /** Address and port: for logs, and what polling clients are spread by. */
  readonly name: string;
  #failures = 0;
  #retryAt = 0;
  #probed = false;

  /** `host` is an address that the name in `url` stands for, or that name; IPv6 without brackets. */
  constructor(url: URL, host: string) {
    const named = hostOf(url);
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    this.endpoint = {
      protocol: url.protocol,
      host,
      port,
      ...(isIP(named) === 0 ? { servername: named } : {}),
    };
    this.name = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** The last one who asked was answered. */
  get well(): boolean {
    return this.#failures === 0;
  }

  /** Whether something that may go anywhere should go elsewhere at the time `now`. */
  avoided(now: number): boolean {
    return this.#failures > 0 && now < this.#retryAt;
  }

  /** Somebody is about to find out whether it is back: others need not. */
  probe(now: number): void {
    if (this.#failures === 0) return;
    this.#probed = true;
    this.#retryAt = now + avoidMs;
  }

  /** It could not be reached. Those who fail at the same time count once. */
  failed(now: number): void {
    if (this.#failures > 0 && !this.#probed) return;
    this.#probed = false;
    this.#retryAt = now + Math.min(avoidMs * 2 ** this.#failures, maxAvoidMs);
    this.#failures++;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#probed = false;
  }
}

/** The host of an address, IPv6 without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
