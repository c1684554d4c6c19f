/** SMS on a development server: nothing leaves the machine. */
import type { Log, Sms } from '@parley/core';
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
