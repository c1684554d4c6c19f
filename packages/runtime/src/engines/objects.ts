/** Files: any S3 where it is configured, otherwise a folder in the data directory. */
import { join } from 'node:path';
import type { Clock, ObjectStore } from '@parley/core';
import { type Config, FileObjectStore, S3ObjectStore, verifyObjectUrl } from '@parley/platform';
import type { ObjectUrls, Runtime } from '../runtime.ts';

export interface ObjectEngine {
  store: ObjectStore;
  start(): Promise<void>;
  ping(): Promise<unknown>;
  close(): void;
  /** Checks addresses that Parley serves itself. */
  urls: ObjectUrls | null;
  sweep: Runtime['sweepObjects'];
}

/**
 * `signingSecret` signs the addresses of files in the folder, which are relative: clients put the server's own in front.
 * Errors: a setting is missing (refused by `parseConfig`).
 */
export function openObjects(config: Config, signingSecret: string, clock: Clock): ObjectEngine {
  const { minioEndpoint, minioAccessKey, minioSecretKey } = config;
  if (minioEndpoint === null || minioAccessKey === null || minioSecretKey === null) {
    const store = new FileObjectStore(join(config.dataDir, 'files'), { signingSecret, baseUrl: '', clock });
    return {
      store,
      start: () => store.start(),
      ping: () => store.ping(),
      close: () => undefined,
      urls: {
        verify: (key: string, query: URLSearchParams) =>
          verifyObjectUrl(signingSecret, key, query, clock.now()),
      },
      sweep: () => store.sweep(),
    };
  }
  const store = new S3ObjectStore({
    endpoint: minioEndpoint,
    accessKey: minioAccessKey,
    secretKey: minioSecretKey,
    bucket: config.minioBucket,
    useSsl: config.minioUseSsl,
    region: config.minioRegion,
    publicUrl: config.minioPublicUrl,
    timeoutMs: config.storeTimeoutMs,
  });
  return {
    store,
    start: () => store.start(),
    ping: () => store.ping(),
    close: () => store.close(),
    urls: null,
    sweep: () => store.sweep(),
  };
}
