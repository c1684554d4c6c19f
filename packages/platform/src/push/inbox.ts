/** Pushes without a push service: on a development server they can be read, in production they go nowhere. */
import type { PushData } from '@parley/contract';
import type { Log, Push, PushGateway } from '@parley/core';
import type { DevInbox } from '../inbox.ts';

/**
 * Puts one item into the dev inbox and one line into the log for each push. In production the line has ids and the kind alone: neither
 * a name nor anything of what was written.
 */
export function inboxPush(
  inbox: DevInbox | null,
  log: Log,
  { production }: { production: boolean },
): PushGateway {
  return {
    async send({ data, platform, token }: Push) {
      const text = pushText(data);
      inbox?.add({ kind: 'push', to: `${platform} …${token.slice(-6)}`, text, code: null });
      const { type, chat_id, message_id } = data;
      const ids = { platform, type, chat_id, message_id };
      if (production || inbox === null) {
        log.info(ids, 'a push: no push service is configured, so it went nowhere');
      } else log.info(ids, `a push: ${text}`);
      return { outcome: 'sent' };
    },
  };
}

/** How a phone would show a push. */
export function pushText(data: PushData): string {
  const sender = data.sender_name || 'Somebody';
  if (data.type === 'chat.read') return 'chat read: notification cleared';
  if (data.type === 'group_added') return `You were added by ${sender}`;
  const group = data.chat_type === 'group' ? data.chat_name || 'a group' : null;
  const count = Number(data.message_count ?? 1);
  if (count > 1) return `${count} new messages ${group === null ? `from ${sender}` : `in ${group}`}`;
  return `${sender}${group === null ? '' : ` in ${group}`}: ${data.message_preview ?? ''}`;
}
