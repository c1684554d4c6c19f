/** One request to FCM at a time, through firebase-admin. It is loaded when it is needed: it takes 25 MB. */
import { randomUUID } from 'node:crypto';
import type { App, Credential } from 'firebase-admin/app';
import type { Messaging, TokenMessage } from 'firebase-admin/messaging';
import type { FcmAccount } from './credentials.ts';
import { FcmAgent } from './fcm-agent.ts';
import { fcmCredential } from './fcm-credential.ts';
import { FcmFailure } from './fcm-failure.ts';

export interface FcmClientOptions {
  account: FcmAccount;
  endpoint: string | null;
  timeoutMs: number;
}

interface Parts {
  app: App;
  credential: Credential;
  messaging: Messaging;
  agent: FcmAgent;
  deleteApp(app: App): Promise<void>;
}

export class FcmClient {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async load({ account, endpoint, timeoutMs }: FcmClientOptions): Promise<FcmClient> {
    const { deleteApp, initializeApp } = await import('firebase-admin/app');
    const { getMessaging } = await import('firebase-admin/messaging');
    const agent = new FcmAgent(endpoint, timeoutMs);
    const credential = fcmCredential(account, agent);
    const { projectId } = account;
    const app = initializeApp({ credential, projectId, httpAgent: agent }, `parley-${randomUUID()}`);
    return new FcmClient({
      app,
      credential,
      messaging: withoutRetries(getMessaging(app)),
      agent,
      deleteApp,
    });
  }

  /** Sends one push by one request. Errors: those of firebase-admin, which `readAnswer` understands. */
  async send(message: TokenMessage, signal: AbortSignal): Promise<void> {
    const { agent, messaging } = this.#parts;
    const name: unknown = await agent.run(signal, async () => messaging.send(message));
    if (typeof name !== 'string') throw new FcmFailure('busy', 'an answer without the name of a message');
  }

  /** Whether Google knows the account: gets an access token, or has one. */
  async authorise(): Promise<void> {
    await this.#parts.credential.getAccessToken();
  }

  async close(): Promise<void> {
    const { agent, app, deleteApp } = this.#parts;
    agent.destroy();
    await deleteApp(app);
  }
}

/**
 * firebase-admin tries a request up to five times by itself: after 503 and lost connections, waiting up to 60 seconds for each, not to
 * be stopped and without telling. A push that was given up here would still go out there, so this is off, and the gateway tries again.
 * There is no option for it; a release that keeps it elsewhere must not go unnoticed.
 */
function withoutRetries(messaging: Messaging): Messaging {
  const inside = messaging as unknown as { messagingRequestHandler?: { httpClient?: { retry?: unknown } } };
  const client = inside.messagingRequestHandler?.httpClient;
  if (!client?.retry) throw new Error('firebase-admin keeps its retries elsewhere: they must be off');
  client.retry = undefined;
  return messaging;
}
