import { type FcmTestAccount, writeFcmAccount } from '../../../packages/platform/test/support/fake-fcm.ts';
import { isStopping, type Running, track, untrack } from '../children.ts';
import { type CpuSample, cpuBetween, sampleCpu } from '../cpu.ts';
import { GeneratorProcess } from '../generator-process.ts';
import { DRAIN_MS } from '../measure-messages.ts';
import type { Phase } from '../protocol.ts';
import { OwnServer } from '../server.ts';
import type { MediaOptions } from './options.ts';
import type { OfflineRow } from './rows.ts';

/** Messages that each sender keeps outstanding. */
const inFlight = 8;

/** Messages to users who are away, through a server whose pushes go to a fake FCM in the load generator. */
export async function measureOffline(
  root: string,
  { server: entry, pairs, warmup, seconds }: MediaOptions,
): Promise<{ row: OfflineRow; problems: string[] }> {
  const closing = new AsyncDisposableStack();
  try {
    const account = await Account.write();
    closing.defer(() => account.stop());
    const generator = new GeneratorProcess();
    closing.defer(() => generator.stop());
    const fcm = await generator.call('fcm', null);
    const server = await OwnServer.start(root, entry, {
      FCM_CREDENTIALS_PATH: account.path,
      FCM_ENDPOINT: fcm.url,
    });
    closing.defer(() => server.stop());
    const samples: Partial<Record<Phase, CpuSample>> = {};
    const times = { warmupMs: warmup * 1000, measureMs: seconds * 1000, drainMs: DRAIN_MS };
    const result = await generator.call(
      'offline',
      { url: server.url, pairs, inFlight, ...times },
      (phase) => {
        samples[phase] = sampleCpu(server.pid, generator.pid);
      },
    );
    const { measuring, measured } = samples;
    if (!measuring || !measured) throw new Error('the generator did not say when it measured');
    const { accepted, pushed, push, acceptance, violations, firstViolations } = result;
    const row: OfflineRow = {
      ...{ pairs, inFlight, push, acceptance, cpu: cpuBetween(measuring, measured) },
      acceptedPerSecond: accepted / result.seconds,
      pushedPerSecond: pushed / result.seconds,
    };
    const problems = [
      ...(violations > 0
        ? [`pushes of a server: ${violations} × such as ${firstViolations.slice(0, 5).join('; ')}`]
        : []),
      ...(pushed === 0 ? ['pushes of a server: nothing was pushed'] : []),
    ];
    return { row, problems };
  } finally {
    await closing.disposeAsync();
  }
}

/** The key of a service account that nobody knows, in a file for the time of a measurement. */
class Account implements Running {
  readonly #account: FcmTestAccount;

  private constructor(account: FcmTestAccount) {
    this.#account = account;
    track(this);
  }

  static async write(): Promise<Account> {
    if (isStopping()) throw new Error('interrupted');
    return new Account(await writeFcmAccount());
  }

  get path(): string {
    return this.#account.path;
  }

  async stop(): Promise<void> {
    await this.#account.remove();
    untrack(this);
  }
}
