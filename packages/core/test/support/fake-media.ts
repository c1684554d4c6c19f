/** Files in memory: what is known of them, as the clean-up and the sends need it. */
import type { MediaCheck, MediaRecord, MediaStore } from '../../src/ports/stores.ts';

interface Kept {
  media: MediaRecord;
  checkAt: string;
  claimedAt: number | null;
  revision: number;
  doomed: boolean;
}

export class FakeMedia implements MediaStore {
  readonly kept = new Map<string, Kept>();
  /** How often `byIds` was asked. */
  looks = 0;

  async add(media: MediaRecord, checkAt: string) {
    const before = this.kept.get(media.media_id);
    if (before?.doomed) return;
    this.kept.set(media.media_id, { claimedAt: null, revision: 0, ...before, media, checkAt, doomed: false });
  }

  async byIds(ids: readonly string[]) {
    this.looks++;
    return this.#alive(ids);
  }

  async claim(ids: readonly string[], now: string, checkAt: string) {
    const found = this.#alive(ids);
    for (const id of found.keys()) {
      const kept = this.kept.get(id) as Kept;
      Object.assign(kept, { claimedAt: Date.parse(now), checkAt, revision: kept.revision + 1 });
    }
    return found;
  }

  async release(ids: readonly string[], checkAt: string, settleSeconds: number) {
    for (const id of this.#alive(ids).keys()) {
      const kept = this.kept.get(id) as Kept;
      const at = Math.max(Date.parse(checkAt), (kept.claimedAt ?? 0) + settleSeconds * 1000);
      kept.checkAt = new Date(Math.min(at, Date.parse(kept.checkAt))).toISOString();
      kept.revision++;
    }
  }

  async complete(id: string, found: Parameters<MediaStore['complete']>[1]) {
    const kept = this.kept.get(id);
    if (!kept || kept.doomed || kept.media.status === 'ready') return undefined;
    kept.media = { ...kept.media, ...found, status: 'ready' };
    return kept.media;
  }

  async unprocessed(before: string, limit: number) {
    return [...this.kept.values()]
      .filter(({ media, doomed }) => !doomed && media.status === 'processing' && media.created_at <= before)
      .slice(0, limit)
      .map(({ media }) => media);
  }

  async due(now: string, limit: number): Promise<MediaCheck[]> {
    return [...this.kept.values()].filter((kept) => kept.doomed || kept.checkAt <= now).slice(0, limit);
  }

  async keep(checks: readonly { mediaId: string; revision: number }[], checkAt: string) {
    for (const kept of this.#unchanged(checks)) kept.checkAt = checkAt;
  }

  async doom(checks: readonly { mediaId: string; revision: number }[]) {
    const doomed = this.#unchanged(checks);
    for (const kept of doomed) kept.doomed = true;
    return new Set(doomed.map(({ media }) => media.media_id));
  }

  async remove(ids: readonly string[]) {
    for (const id of ids) if (this.kept.get(id)?.doomed) this.kept.delete(id);
  }

  #alive(ids: readonly string[]): Map<string, MediaRecord> {
    return new Map(
      ids.flatMap((id) => {
        const kept = this.kept.get(id);
        return kept && !kept.doomed ? [[id, kept.media] as const] : [];
      }),
    );
  }

  #unchanged(checks: readonly { mediaId: string; revision: number }[]): Kept[] {
    return checks.flatMap(({ mediaId, revision }) => {
      const kept = this.kept.get(mediaId);
      return kept && !kept.doomed && kept.revision === revision ? [kept] : [];
    });
  }
}
