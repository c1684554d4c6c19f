/** Deciding by its bytes what an uploaded file is. */
export { type Claim, receiveFile } from './receive.ts';
export { type StoredFile, verifyFile } from './verify.ts';
