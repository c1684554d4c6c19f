import { type FcmTestAccount, writeFcmAccount } from '../../../packages/platform/test/support/fake-fcm.ts';
import { isStopping, type Running, track, untrack } from '../children.ts';
import { type CpuSample, cpuBetween, sampleCpu } from '../cpu.ts';
import { GeneratorProcess } from '../generator-process.ts';
import { DRAIN_MS } from '../measure-messages.ts';
import type { Phase } from '../protocol.ts';
import { OwnServer, type Target } from '../server.ts';
import type { MediaOptions } from './options.ts';
import type { OfflineRow } from './rows.ts';

/** Messages that each sender keeps outstanding, of the two rows. */
const inFlights = [1, 8];

/** Messages to users who are away, through a server whose pushes go to a fake FCM in the load generator. */
export async function measureOffline(
  root: string,
  options: Options,
  onRow: (row: OfflineRow) => void,
  onProblem: (problem: string) => void,
): Promise<void> {
  await using closing = new AsyncDisposableStack();
  const account = await Account.write();
  closing.defer(() => account.stop());
  const generator = new GeneratorProcess();
  closing.defer(() => generator.stop());
  const fcm = await generator.call('fcm', null);
  const settings = { FCM_CREDENTIALS_PATH: account.path, FCM_ENDPOINT: fcm.url };
  const server = await OwnServer.start(root, options.server, settings);
  closing.defer(() => server.stop());
  for (const inFlight of inFlights) {
    const { row, problems } = await measureOne(server, generator, options, inFlight);
    onRow(row);
    for (const problem of problems) onProblem(`${row.name}: ${problem}`);
  }
}

type Options = Pick<MediaOptions, 'server' | 'pairs' | 'warmup' | 'seconds'>;

async function measureOne(
  server: Target,
  generator: GeneratorProcess,
  { pairs, warmup, seconds }: Options,
  inFlight: number,
): Promise<{ row: OfflineRow; problems: string[] }> {
  const samples: Partial<Record<Phase, CpuSample>> = {};
  const times = { warmupMs: warmup * 1000, measureMs: seconds * 1000, drainMs: DRAIN_MS };
  const job = { url: server.url, pairs, inFlight, ...times };
  const result = await generator.call('offline', job, (phase) => {
    samples[phase] = sampleCpu(server.pid, generator.pid);
  });
  const { measuring, measured } = samples;
  if (!measuring || !measured) throw new Error('the generator did not say when it measured');
  const { accepted, pushed, push, acceptance, violations, firstViolations } = result;
  const row: OfflineRow = {
    ...{ name: `${pairs} senders, ${inFlight} in flight`, pairs, inFlight, push, acceptance },
    ...{ acceptedPerSecond: accepted / result.seconds, pushedPerSecond: pushed / result.seconds },
    cpu: cpuBetween(measuring, measured),
  };
  const problems =
    violations > 0 ? [`${violations} × such as ${firstViolations.slice(0, 5).join('; ')}`] : [];
  return { row, problems: pushed === 0 ? [...problems, 'nothing was pushed'] : problems };
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
