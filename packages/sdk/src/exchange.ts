import { ParleyError } from './errors.ts';
import type { Http } from './http.ts';
import { sleep } from './lib/abort.ts';
import type { Timing } from './timing.ts';
import type { TokenPair } from './tokens.ts';

/**
 * Exchanges a refresh token for a pair. When no answer comes it asks again: the server may have rotated the token, and goes on
 * to answer the old one for ten seconds only (contract section 2, Auth).
 */
export async function exchangeTokens(http: Http, refreshToken: string, timing: Timing): Promise<TokenPair> {
  // No try begins later than this: the last one, too, must reach the server within its ten seconds.
  const deadline = Date.now() + timing.refreshMs + timing.refreshPauseMs;
  for (let tries = 1; ; tries++) {
    try {
      const options = { timeoutMs: timing.refreshMs, outlivesClient: true };
      return (await http.call('auth.refresh', { refresh_token: refreshToken }, options)) as TokenPair;
    } catch (error) {
      const lost =
        error instanceof ParleyError && (error.code === 'NETWORK_ERROR' || error.code === 'TIMEOUT');
      if (!lost || tries === 3) throw error;
      await sleep(timing.refreshPauseMs);
      if (Date.now() > deadline) throw error;
    }
  }
}
