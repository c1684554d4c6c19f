/** Files: any S3 where it is configured, otherwise a folder in the data directory. */
import { join } from 'node:path';
import type { ObjectStore } from '@parley/core';
import { type Config, FileObjectStore, S3ObjectStore } from '@parley/platform';

export interface ObjectEngine extends ObjectStore {
  start(): Promise<void>;
  ping(): Promise<unknown>;
  close?(): void;
}

/**
 * `signingSecret` signs the addresses of files in the folder, which are relative: clients put the server's own in front.
 * Errors: a setting is missing (refused by `parseConfig`).
 */
export function openObjects(config: Config, signingSecret: string): ObjectEngine {
  const { minioEndpoint, minioAccessKey, minioSecretKey } = config;
  if (minioEndpoint === null || minioAccessKey === null || minioSecretKey === null) {
    return new FileObjectStore(join(config.dataDir, 'files'), {
      signingSecret,
      baseUrl: '',
    });
  }
  return new S3ObjectStore({
    endpoint: minioEndpoint,
    accessKey: minioAccessKey,
    secretKey: minioSecretKey,
    bucket: config.minioBucket,
    useSsl: config.minioUseSsl,
    region: config.minioRegion,
    publicUrl: config.minioPublicUrl,
    timeoutMs: config.storeTimeoutMs,
  });
}
