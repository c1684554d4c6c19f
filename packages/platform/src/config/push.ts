/** The variables of the push service (contract section 6). */
import { integer, isOrigin, text, url, type Variable } from './readers.ts';

export interface PushConfig {
  fcmCredentialsPath: string | null;
  fcmEndpoint: string | null;
  fcmTimeoutMs: number;
  fcmConcurrency: number;
}

export const pushSchema: { [K in keyof PushConfig]: Variable<PushConfig[K]> } = {
  fcmCredentialsPath: {
    name: 'FCM_CREDENTIALS_PATH',
    doc: "File with the JSON key of a service account that may send FCM messages; unset keeps pushes in the log and a development server's inbox",
    fallback: '',
    read: text,
  },
  fcmEndpoint: {
    name: 'FCM_ENDPOINT',
    doc: "Connects there for everything that goes to Google's FCM: an egress proxy that passes it on, or an emulator. It sees access tokens and pushes. Unset is Google itself",
    fallback: '',
    read(value) {
      const found = url(['http:', 'https:'])(value);
      if (found !== null && !isOrigin(found)) {
        throw new Error('must be an address of a host and a port alone, like https://egress:8443');
      }
      return found;
    },
  },
  fcmTimeoutMs: {
    name: 'FCM_TIMEOUT_MS',
    doc: 'Milliseconds that FCM may take to answer one try; Google asks for 10 seconds or more',
    fallback: '10000',
    // 15 seconds is where firebase-admin gives up by itself.
    read: integer(100, 15_000),
  },
  fcmConcurrency: {
    name: 'FCM_CONCURRENCY',
    doc: 'Pushes under way to FCM at a time, of each program that sends them',
    fallback: '100',
    read: integer(1, 1000),
  },
};

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** What push variables must have together. */
export function pushProblems(config: PushConfig & { production: boolean }): string[] {
  const problems: string[] = [];
  const { fcmCredentialsPath, fcmEndpoint, production } = config;
  if (fcmEndpoint === null) return problems;
  if (fcmCredentialsPath === null) problems.push('FCM_CREDENTIALS_PATH must be set with FCM_ENDPOINT');
  const { protocol, hostname } = new URL(fcmEndpoint);
  if (production && protocol === 'http:' && !loopback.test(hostname)) {
    problems.push('FCM_ENDPOINT must begin with https:// in production, unless it is on this machine');
  }
  return problems;
}
