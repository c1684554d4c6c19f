/** The service account that pushes are sent as: read once at start, so that what is wrong with it is said there. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config.ts';

export interface FcmAccount {
  projectId: string;
  clientEmail: string;
  /** Which of the account's keys it is, where the file says so. */
  keyId: string | null;
  privateKey: KeyObject;
}

/** Reads the JSON key of a service account. Errors: `ConfigError` with what is wrong with the file, never what is in it. */
export function readFcmAccount(path: string): FcmAccount {
  const json = parse(read(path));
  if (json.type !== 'service_account') {
    throw broken('is not of a service account: its "type" must be "service_account"');
  }
  return {
    projectId: field(json, 'project_id'),
    clientEmail: field(json, 'client_email'),
    keyId: typeof json.private_key_id === 'string' ? json.private_key_id : null,
    privateKey: readKey(field(json, 'private_key')),
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw broken(code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`);
  }
}

function parse(content: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch {
    // The parser's own message quotes the content.
    throw broken('is not JSON');
  }
  if (typeof json !== 'object' || json === null) throw broken('is not a JSON object');
  return json as Record<string, unknown>;
}

function field(json: Record<string, unknown>, name: string): string {
  const value = json[name];
  if (typeof value !== 'string' || value === '') throw broken(`has no "${name}"`);
  return value;
}

function readKey(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Said below, without the key.
  }
  if (key?.asymmetricKeyType !== 'rsa') throw broken('has a "private_key" that is no RSA key in PEM');
  return key;
}

function broken(what: string): ConfigError {
  return new ConfigError([`FCM_CREDENTIALS_PATH names a file that ${what}`]);
}
