/** FCM for programs under test, and devices that it pushes to. */
import { randomUUID } from 'node:crypto';
import {
  type FakeFcm,
  startFakeFcm,
  writeFcmAccount,
} from '../../packages/platform/test/support/fake-fcm.ts';
import type { Rest, SignedIn } from './rest.ts';

export interface PushService extends AsyncDisposable {
  readonly fcm: FakeFcm;
  /** The variables by which programs find it. */
  readonly env: Record<string, string>;
}

export async function startPushService(): Promise<PushService> {
  const [fcm, account] = await Promise.all([startFakeFcm(), writeFcmAccount()]);
  return {
    fcm,
    env: { FCM_CREDENTIALS_PATH: account.path, FCM_ENDPOINT: fcm.url },
    async [Symbol.asyncDispose]() {
      await account.remove();
      await fcm.close();
    },
  };
}

/** Registers a device for the user's session; gives its token. */
export async function registerDevice(rest: Rest, user: SignedIn): Promise<string> {
  const token = `device-${randomUUID()}`;
  const body = { token, platform: 'android' };
  const { status } = await rest.call('PUT', '/users/me/fcm-token', { token: user.token, body });
  if (status !== 200) throw new Error(`the device was not registered: ${status}`);
  return token;
}
