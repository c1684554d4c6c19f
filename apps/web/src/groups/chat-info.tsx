/** What a chat is: who the other one is, or who is in the group, and what can be set. */
import { useMessages } from '@parley/sdk/react';
import { CircleAlert } from 'lucide-react';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { Pane } from '../ui/pane.tsx';
import { Loading } from '../ui/spinner.tsx';
import { DirectInfo } from './direct-info.tsx';
import { GroupInfo } from './group-info.tsx';

export function ChatInfo({ chatId }: { chatId: string }) {
  const { chat, participants, error } = useMessages(chatId);
  const title = chat?.type === 'group' ? texts.groups.groupInfo : texts.groups.contactInfo;
  return (
    <Pane title={title} back={`/c/${chatId}`}>
      {chat?.type === 'group' && <GroupInfo chat={chat} participants={participants} />}
      {chat?.type === 'direct' && <DirectInfo chat={chat} />}
      {!chat && !error && <Loading />}
      {!chat && error && <EmptyState icon={<CircleAlert size={32} />} title={errorText(error)} />}
    </Pane>
  );
}
