import { Job, recordKey } from './job.ts';
import type { Shelf } from './shelf.ts';

/** Takes over what tabs have left: makes it the tab's own in the database, and answers it in its order. */
export async function adopted(
  shelf: Shelf,
  jobs: ReadonlyMap<string, Job>,
  own: string,
  isTheirs: (tab: string) => boolean,
): Promise<Job[]> {
  const found = (await shelf.left()).filter(({ tab }) => isTheirs(tab));
  // One that was given again meanwhile is here.
  const doubles = found.filter(({ client_msg_id }) => jobs.has(client_msg_id));
  const left = found.filter((record) => !doubles.includes(record));
  const files = await Promise.all(left.map(({ file, client_msg_id }) => file && shelf.file(client_msg_id)));
  const taken = left.map((record, at) => new Job({ ...record, tab: own }, files[at] ?? null));
  const removed = doubles.map((record) => ({ key: recordKey(record), value: undefined }));
  await shelf.write([...taken.map((job) => job.kept), ...removed]);
  return taken;
}
