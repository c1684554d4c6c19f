/** A throw-away service account in a file of its own: its key signs nothing that Google would accept. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FcmTestAccount extends AsyncDisposable {
  /** For FCM_CREDENTIALS_PATH. */
  path: string;
  projectId: string;
  remove(): Promise<void>;
}

/** Writes the JSON key; `changes` take the place of its fields. */
export async function writeFcmAccount(changes: Record<string, unknown> = {}): Promise<FcmTestAccount> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const projectId = 'parley-test';
  const json = {
    type: 'service_account',
    project_id: projectId,
    private_key_id: '0123456789abcdef',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: `pushes@${projectId}.iam.gserviceaccount.com`,
    token_uri: 'https://oauth2.googleapis.com/token',
    ...changes,
  };
  const folder = await mkdtemp(join(tmpdir(), 'parley-fcm-'));
  const path = join(folder, 'account.json');
  await writeFile(path, JSON.stringify(json), { mode: 0o600 });
  const remove = () => rm(folder, { recursive: true, force: true });
  return { path, projectId, remove, [Symbol.asyncDispose]: remove };
}
