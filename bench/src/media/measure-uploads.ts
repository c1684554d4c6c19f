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
  let before: FamilySample = null;
  try {
    const { violations, firstViolations, ...result } = await generator.call(
      'uploads',
      { url: target.url, ...job },
      (phase) => {
        if (phase === 'measuring') {
          before = sampleFamily(target.pid);
          memory.start();
        } else memory.answered();
      },
    );
    memory.stop();
    const cpu = familyUse(before, sampleFamily(target.pid));
    const { bytes } = job.file;
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

/** The most resident memory that a process has had since a moment, up to two others. */
class MemoryWatch {
  readonly #pid: number | null;
  #seen: UploadRow['rssKb'] = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(pid: number | null) {
    this.#pid = pid;
  }

  start(): void {
    const before = this.#now();
    if (before === null) return;
    this.#seen = { before, most: before, mostReady: before };
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  /** All uploads are answered; files may still be looked into. */
  answered(): void {
    this.#look();
    if (this.#seen) this.#seen.most = this.#seen.mostReady;
  }

  stop(): void {
    if (this.#timer) this.#look();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get seen(): UploadRow['rssKb'] {
    return this.#seen;
  }

  #look(): void {
    if (this.#seen) this.#seen.mostReady = Math.max(this.#seen.mostReady, this.#now() ?? 0);
  }

  #now(): number | null {
    return this.#pid === null ? null : readRssKb(this.#pid);
  }
}
