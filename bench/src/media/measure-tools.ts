import { join } from 'node:path';

import { JobProcess } from './job-process.ts';
import type { SampleFile } from './protocol.ts';
import type { ToolsRow } from './rows.ts';

/** The image tools alone, in a process of their own. */
export async function measureTools(
  { path }: Pick<SampleFile, 'path'>,
  processes: number,
  seconds: number,
): Promise<ToolsRow> {
  const job = new JobProcess();
  try {
    const temporaryDir = join(job.folder, 'tmp');
    const params = { path, temporaryDir, processes, forMs: seconds * 1000 };
    return { processes, ...(await job.run('imageTools', params)) };
  } finally {
    await job.stop();
  }
}
