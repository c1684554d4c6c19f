/** Text messages: kept on a development server, or handed to a provider's webhook. */
import { type Log, type Sms, unavailable } from '@parley/core';
import type { DevInbox } from './inbox.ts';

/** Puts messages into the dev inbox; the log says that one was "sent", not to whom nor what. */
export function inboxSms(inbox: DevInbox | null, log: Log): Sms {
  return {
    async send(message) {
      inbox?.add({ kind: 'sms', to: message.to, text: message.text, code: message.code });
      const hint = inbox ? 'read it at /dev/inbox' : 'no SMS provider is configured, so it went nowhere';
      log.info({ length: message.text.length }, `a text message was sent: ${hint}`);
    },
  };
}

/** Milliseconds a provider may take to accept a message. */
const webhookTimeoutMs = 5_000;

/**
 * Hands each message to a webhook as a POST of `{ to, text }`; any 2xx answer means accepted. Errors: AppError
 * `SERVICE_UNAVAILABLE` where it does not accept or does not answer, so that the person learns that no code is coming.
 */
export function webhookSms(url: string, token: string | null): Sms {
  return {
    async send({ to, text }) {
      let status: number;
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify({ to, text }),
          signal: AbortSignal.timeout(webhookTimeoutMs),
        });
        await response.body?.cancel();
        status = response.status;
      } catch (error) {
        throw unavailable('The SMS provider', error);
      }
      if (status < 200 || status > 299) {
        throw unavailable('The SMS provider', new Error(`the webhook answered ${status}`));
      }
    },
  };
}
