/** The engines of the object store: files in a folder, and S3. */
export { attachment } from './disposition.ts';
export { FileObjectStore, type FileObjectStoreOptions } from './file-store.ts';
export { S3ObjectStore, type S3ObjectStoreOptions } from './s3-store.ts';
export { verifyObjectUrl } from './signature.ts';
