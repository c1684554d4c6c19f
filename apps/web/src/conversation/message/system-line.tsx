/** What happened in a group, by its own words where the server tells the parts. */
import type { Message } from '@parley/sdk';
import { texts } from '../../texts/texts.ts';
import { type ConversationValue, useConversation } from '../context.ts';
import styles from './message-row.module.css';

export function SystemLine({ message }: { message: Message }) {
  const conversation = useConversation();
  return (
    <p className={styles.system} dir="auto">
      {systemText(message, conversation)}
    </p>
  );
}

/** A system message as a sentence. */
export function systemText(
  { sender_id, payload }: Message,
  { nameOf, me }: Pick<ConversationValue, 'nameOf' | 'me'>,
): string {
  if (!('action' in payload)) return 'body' in payload ? payload.body : '';
  const { action, user_ids = [], name = '' } = payload;
  const { system } = texts.conversation;
  const who = nameOf(sender_id);
  // In the middle of the sentence.
  const whom = list.format(user_ids.map((id) => (id === me ? texts.conversation.youToo : nameOf(id))));
  switch (action) {
    case 'group_created':
    case 'group_renamed':
      return system[action](who, name);
    case 'members_added':
    case 'member_removed':
      return system[action](who, whom);
    case 'member_left':
      return system.member_left(user_ids[0] ? nameOf(user_ids[0]) : who);
    default:
      // An action that this client does not know: in the server's words.
      return payload.body;
  }
}

const list = new Intl.ListFormat(undefined, { type: 'conjunction' });
