/** Files that people upload: what is known of them, and what looks into them (contract section 2, Media). */
import type { Readable } from 'node:stream';
import type { MediaStatus, MediaType } from '@parley/contract';

/** What is known of a file. Times are ISO 8601 UTC with milliseconds. */
export interface MediaRecord {
  media_id: string;
  uploader_id: string;
  type: MediaType;
  /** A photo of a user or a group: no message may carry it, and it is read without a token. */
  is_avatar: boolean;
  mime_type: string;
  size_bytes: number;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  /** The name it was uploaded with, cleaned; null where there was none. */
  filename: string | null;
  /** Of the bytes as they are stored, in lower-case hexadecimal. */
  sha256: string;
  object_key: string;
  thumbnail_key: string | null;
  status: MediaStatus;
  created_at: string;
}

/** A file that is to be looked at by the clean-up. Every claim and release raises `revision`. */
export interface MediaCheck {
  media: MediaRecord;
  revision: number;
  /** It is being deleted: nothing can refer to it any more, only its objects may still be there. */
  doomed: boolean;
}

/**
 * Metadata of files. Clean-up and use cannot miss each other: whoever is about to refer to a file claims it first; a file is doomed only if
 * nothing claimed or released it since it was looked at.
 */
export interface MediaStore {
  /** Looked at by the clean-up from `checkAt` on. One that is there takes the place of what was known of it, unless it is doomed. */
  add(media: MediaRecord, checkAt: string): Promise<void>;
  /** Doomed ones are not there. */
  byIds(ids: readonly string[]): Promise<Map<string, MediaRecord>>;
  /**
   * Notes at `now` that something is about to refer to these files, and puts off their check to `checkAt`. Answers those that are there and
   * not doomed.
   */
  claim(ids: readonly string[], now: string, checkAt: string): Promise<Map<string, MediaRecord>>;
  /**
   * Notes that something refers to these files no more: they are looked at from `checkAt` on or, where they were claimed less than
   * `settleSeconds` before `checkAt`, that long after the claim; never later than already planned.
   */
  release(ids: readonly string[], checkAt: string, settleSeconds: number): Promise<void>;
  /** What was found in a file that was `processing`, which is `ready` from now on. Undefined where it was ready before, is doomed or unknown. */
  complete(
    id: string,
    found: Pick<MediaRecord, 'width' | 'height' | 'duration_ms' | 'thumbnail_key'>,
  ): Promise<MediaRecord | undefined>;
  /** Files that have been `processing` since `before` or longer, the oldest first. */
  unprocessed(before: string, limit: number): Promise<MediaRecord[]>;
  /** Files whose check is due at `now`, and doomed ones, the longest due first. */
  due(now: string, limit: number): Promise<MediaCheck[]>;
  /** Puts off the next look to `checkAt`, of those that nothing claimed or released since they were looked at. */
  keep(checks: readonly { mediaId: string; revision: number }[], checkAt: string): Promise<void>;
  /** From now on nothing can refer to them. Says which: not those that were claimed or released since they were looked at. */
  doom(checks: readonly { mediaId: string; revision: number }[]): Promise<Set<string>>;
  /** Forgets doomed files whose objects are gone. */
  remove(ids: readonly string[]): Promise<void>;
}

/** A stream that turned out to be something that is accepted. */
export interface AcceptedFile {
  type: MediaType;
  mimeType: string;
  /** Its bytes, on the way: they may still turn out to be broken, and the stream fails then with the error to answer. */
  body: Readable;
}

/** What a look into an image found. */
export interface ImageFound {
  /** As it is shown: after its orientation was applied. */
  width: number;
  height: number;
  mimeType: string;
  sizeBytes: number;
  sha256: string;
  /** The image without metadata, upright; read it once. */
  body(): Readable;
  thumbnail: { body: Buffer; mimeType: string } | null;
}

/** What a look into a video or a sound found; null where it could not be told. */
export interface FootageFound {
  width: number | null;
  height: number | null;
  durationMs: number | null;
  thumbnail: { body: Buffer; mimeType: string } | null;
}

/**
 * Looks into files. What people send is never trusted: decoding happens in other processes, with limits. Errors for a person to read:
 * AppError `MEDIA_INVALID_TYPE` (no accepted kind, broken, or not what it claims to be) and `MEDIA_TOO_LARGE` (bytes or pixels).
 */
export interface MediaTools {
  /**
   * Decides by its first bytes, and by `filename` what it claims to be; fails within the stream what only its later bytes show (a limit, a
   * missing end). Where `type` is null, its bytes decide which type it is.
   */
  receive(body: Readable, claim: { type: MediaType | null; filename: string | null }): Promise<AcceptedFile>;
  /**
   * Checks what can only be seen in the whole of a stored document, video or sound (parts of an office file, a missing end). `read` gives
   * bytes of it, both ends included.
   */
  verify(
    file: { type: MediaType; mimeType: string; sizeBytes: number; filename: string | null },
    read: (start: number, end: number) => Promise<Readable>,
  ): Promise<void>;
  /**
   * Takes in a whole image, kept in a temporary file, and gives it to `use`: without metadata, upright, with its thumbnail; for an avatar made
   * smaller. The file is gone when it resolves. Where many wait, each `owner` has its turn.
   */
  image<T>(
    file: { mimeType: string; owner?: string; avatar?: boolean },
    body: Readable,
    use: (found: ImageFound) => Promise<T>,
  ): Promise<T>;
  /** Looks into a video or sound. Never rejects for what is in the file: what cannot be told is null. */
  footage(
    file: { type: MediaType; mimeType: string; sizeBytes: number },
    body: Readable,
  ): Promise<FootageFound>;
}
