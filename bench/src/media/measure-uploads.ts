import { GeneratorProcess } from '../generator-process.ts';
import { readRssKb } from '../procfs.ts';
import type { Target } from '../server.ts';
import { type FamilySample, familyUse, sampleFamily } from './family.ts';
import type { UploadsJob } from './protocol.ts';
import type { UploadRow } from './rows.ts';

/** Milliseconds between two looks at the server's memory. */
const lookEveryMs = 20;

/** Uploads by a fresh load generator, with what the server takes for it. */
export async function measureUploads(
  target: Target,
  name: string,
  job: Omit<UploadsJob, 'url'>,
): Promise<{ row: UploadRow; problems: string[] }> {
  const generator = new GeneratorProcess();
  const memory = new MemoryWatch(target.pid);
  const samples: Partial<Record<'measuring' | 'measured', FamilySample>> = {};
  try {
    const { violations, firstViolations, ...result } = await generator.call(
      'uploads',
      { url: target.url, ...job },
      (phase) => {
        samples[phase] = sampleFamily(target.pid);
        if (phase === 'measuring') memory.start();
        else memory.stop();
      },
    );
    const { bytes } = job.file;
    const cpu = familyUse(samples.measuring ?? null, samples.measured ?? null);
    const problems = violations > 0 ? [`${name}: ${violations} × such as ${firstViolations.join('; ')}`] : [];
    return {
      row: { name, bytes, concurrency: job.concurrency, ...result, cpu, rssKb: memory.seen },
      problems,
    };
  } finally {
    memory.stop();
    await generator.stop();
  }
}

/** The most resident memory that a process has had between two moments. */
class MemoryWatch {
  readonly #pid: number | null;
  #before: number | null = null;
  #most = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(pid: number | null) {
    this.#pid = pid;
  }

  start(): void {
    this.#before = this.#look();
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  stop(): void {
    if (this.#timer) this.#look();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get seen(): { before: number; most: number } | null {
    return this.#before === null ? null : { before: this.#before, most: this.#most };
  }

  #look(): number | null {
    const now = this.#pid === null ? null : readRssKb(this.#pid);
    this.#most = Math.max(this.#most, now ?? 0);
    return now;
  }
}
