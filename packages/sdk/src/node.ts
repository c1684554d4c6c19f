/** @packageDocumentation What the SDK offers on Node alone: `@parley/sdk/node`. */

export type { FileSource } from './media/types.ts';
export { fileDatabase } from './node/database.ts';
export { type FileOptions, fileFrom } from './node/file.ts';
export { fileStorage } from './node/storage.ts';
