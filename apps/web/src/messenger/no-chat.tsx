import { MessagesSquare } from 'lucide-react';
import { texts } from '../texts/texts.ts';
import { EmptyState } from '../ui/empty-state.tsx';

/** Beside the list, as long as no chat is open. */
export function NoChat() {
  return (
    <EmptyState
      icon={<MessagesSquare size={34} />}
      title={texts.chats.chooseOne}
      hint={texts.chats.chooseOneHint}
    />
  );
}
