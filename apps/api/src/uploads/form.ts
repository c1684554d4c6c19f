/**
 * One `multipart/form-data` request with one file, read as it comes (RFC 7578). Memory does not grow with it: the next bytes are asked for
 * when the last ones were taken. The file's stream ends only once the whole form was read and found good, and fails otherwise, so
 * whoever stores the file keeps nothing of a form that is refused for what stands behind it.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { BusboyFileStream, BusboyInstance } from '@fastify/busboy';
import { AppError } from '@parley/core';
import { ClientGone } from '../bridge/body.ts';
import { FileBody } from './file-body.ts';
import { createParser } from './parser.ts';
import { Patience, type UploadTimes } from './patience.ts';
import { checkLength, mayHave, tooLarge } from './size.ts';

/** The text fields that have come so far. */
export type FormFields = ReadonlyMap<string, string>;

/** What a form may be. */
export interface FormRules {
  /** Text fields that count; others are ignored. */
  names: readonly string[];
  /** Called with each field, and at the end with `whole`. Errors: `VALIDATION_ERROR`. */
  check(fields: FormFields, whole: boolean): void;
  /** Bytes of the file at most, as far as the fields tell. */
  maxBytes(fields: FormFields): number;
}

export interface FormFile {
  /** Fails with the error to answer. */
  body: Readable;
  /** The last part of the name that the client gave, or null. */
  filename: string | null;
  /** The fields that stood before it. */
  before: FormFields;
}

export class Form {
  readonly fields = new Map<string, string>();
  /** The file, as soon as its first bytes are there. Errors: those of the whole form that show before it. */
  readonly file: Promise<FormFile>;
  /** Resolves when all of it was read and is good. */
  readonly whole: Promise<void>;
  /** Never resolves. Errors, when the request itself is refused: `BAD_REQUEST`, `VALIDATION_ERROR`, `MEDIA_TOO_LARGE`, `ClientGone`. */
  readonly refused: Promise<never>;
  readonly #req: IncomingMessage;
  readonly #rules: FormRules;
  readonly #parser: BusboyInstance;
  readonly #patience: Patience;
  readonly #begun = Promise.withResolvers<FormFile>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #failed = Promise.withResolvers<never>();
  #body: FileBody | undefined;
  #received = 0;
  #closed = false;

  /** Begins to read. Errors: `BAD_REQUEST` where the request is no form. */
  constructor(req: IncomingMessage, rules: FormRules, times: UploadTimes) {
    this.#parser = createParser(req.headers);
    this.#req = req;
    this.#rules = rules;
    this.file = this.#begun.promise;
    this.whole = this.#ended.promise;
    this.refused = this.#failed.promise;
    // Whoever waits for them gets the error all the same.
    for (const promise of [this.file, this.whole, this.refused]) promise.catch(() => {});
    this.#patience = new Patience(times, {
      isOurs: () => this.#parser.writableNeedDrain,
      over: (error) => this.#fail(error),
    });
    this.#listen();
    req.pipe(this.#parser);
    // Gone already, while it was looked at whether it may upload.
    if (req.destroyed) this.#left();
  }

  /** Lets the request go, wherever it is: what still comes is dropped. Call it when the answer is known. */
  close(error: Error = new Error('the form was given up')): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#patience.end();
    this.#req.off('data', this.#count).off('end', this.#arrived).off('close', this.#left);
    this.#req.unpipe(this.#parser);
    this.#parser.destroy();
    this.#begun.reject(error);
    this.#ended.reject(error);
    this.#body?.destroy(error);
    if (!this.#req.readableEnded) this.#req.resume();
  }

  #listen(): void {
    this.#req.on('data', this.#count).once('end', this.#arrived).once('close', this.#left);
    // A broken connection also closes, which says all that is needed.
    this.#req.on('error', () => {});
    this.#parser
      .on('file', (name, stream, filename, encoding) => this.#begin(name, stream, filename, encoding))
      .on('field', (name, value, _nameCut, cut, _encoding, type) => this.#add(name, value, cut, type))
      .on('filesLimit', () => this.#fail(invalid('file', 'must be one file: there are several')))
      .on('fieldsLimit', () => this.#fail(new AppError('BAD_REQUEST', 'The form has too many fields')))
      .on('partsLimit', () => this.#fail(new AppError('BAD_REQUEST', 'The form has too many parts')))
      .on('error', () => this.#fail(new AppError('BAD_REQUEST', 'The form is broken or not complete')))
      .on('finish', () => this.#finish());
  }

  readonly #count = (chunk: Buffer): void => {
    this.#patience.refresh();
    this.#received += chunk.length;
    // Parts that are ignored count too.
    const most = this.#rules.maxBytes(this.fields);
    if (this.#received > mayHave(most)) this.#fail(tooLarge(most));
  };

  readonly #arrived = (): void => this.#patience.end();

  readonly #left = (): void => {
    if (!this.#req.readableEnded) this.#fail(new ClientGone());
  };

  #add(name: string | undefined, value: string, cut: boolean, type: string): void {
    if (name === undefined || !this.#rules.names.includes(name) || this.fields.has(name)) return;
    if (cut) this.#fail(invalid(name, 'is too long'));
    else this.#try(() => this.#rules.check(this.fields.set(name, plain(value, type)), false));
  }

  #begin(
    name: string | undefined,
    stream: BusboyFileStream,
    filename: string | undefined,
    encoding: string,
  ): void {
    // The parser tells of it, too.
    stream.on('error', () => {});
    this.#try(() => {
      if (name !== 'file') throw invalid('file', 'must be the name of the part with the file');
      if (!/^(7bit|8bit|binary)$/.test(encoding)) {
        throw new AppError('BAD_REQUEST', 'The file must be sent as it is, without a transfer encoding');
      }
      const most = this.#rules.maxBytes(this.fields);
      checkLength(this.#req, most);
      const body = new FileBody(most, this.whole);
      body.on('error', (error) => {
        if (error instanceof AppError) this.#fail(error);
      });
      // Whoever took the file does not want it any more.
      body.on('close', () => {
        if (!body.readableEnded) this.close();
      });
      this.#body = body;
      this.#begun.resolve({
        body: stream.pipe(body),
        filename: filename || null,
        before: new Map(this.fields),
      });
    });
  }

  #finish(): void {
    this.#try(() => {
      if (!this.#body) throw invalid('file', 'is missing');
      this.#rules.check(this.fields, true);
      this.#ended.resolve();
    });
  }

  #try(step: () => void): void {
    if (this.#closed) return;
    try {
      step();
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    // First: whoever stores the file only learns that its stream broke.
    this.#failed.reject(error);
    this.close(error);
  }
}

/** Some clients encode every part as JSON: a string is meant then. */
function plain(value: string, type: string): string {
  if (type !== 'application/json') return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'string' ? parsed : value;
  } catch {
    return value;
  }
}

function invalid(path: string, message: string): AppError {
  return new AppError('VALIDATION_ERROR', undefined, { details: [{ path, message }] });
}
