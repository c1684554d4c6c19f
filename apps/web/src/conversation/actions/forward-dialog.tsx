/** Chooses the chats that a message is forwarded to. */
import type { ChatSummary } from '@parley/sdk';
import { useAccount, useChats, useClient, useSession } from '@parley/sdk/react';
import { Check, Search } from 'lucide-react';
import { useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { errorText } from '../../lib/errors.ts';
import { chatFace, chatName } from '../../lib/names.ts';
import { texts } from '../../texts/texts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ListRow } from '../../ui/list-row.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { useToast } from '../../ui/toast.tsx';
import styles from './actions.module.css';

/** Chats that one call may forward to (contract section 2). */
const most = 20;

export function ForwardDialog({ messageId, onClose }: { messageId: string; onClose: () => void }) {
  const { messages } = useClient();
  const toast = useToast();
  const [sought, setSought] = useState('');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { chats, loadMore, hasMore } = useTargets(sought);
  const t = texts.conversation;
  const toggle = (id: string) =>
    setChosen((ids) =>
      ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id].slice(0, most),
    );
  const forward = async () => {
    setBusy(true);
    setError(null);
    try {
      await messages.forward({ id: messageId, target_chat_ids: [...chosen] });
      toast.show(t.forwarded_done(chosen.length));
      onClose();
    } catch (cause) {
      setError(errorText(cause));
      setBusy(false);
    }
  };
  const full = chosen.length >= most;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t.forwardTitle}
      actions={
        <Button
          variant="primary"
          wide
          busy={busy}
          disabled={chosen.length === 0}
          onClick={() => void forward()}
        >
          {chosen.length === 0 ? t.forwardChoose : t.forwardSend(chosen.length)}
        </Button>
      }
    >
      <TextField
        label={t.forwardSearch}
        hideLabel
        placeholder={t.forwardSearch}
        type="search"
        // One came here to choose, not to close.
        autoFocus={matchMedia('(hover: hover)').matches}
        value={sought}
        before={<Search size={18} aria-hidden="true" />}
        onChange={(event) => setSought(event.currentTarget.value)}
        hint={full ? t.forwardMost(most) : undefined}
        error={error}
      />
      <ul className={styles.targets} aria-label={t.forwardChats}>
        {chats.map((chat) => {
          const on = chosen.includes(chat.chat_id);
          return (
            <li key={chat.chat_id}>
              <ListRow
                role="checkbox"
                aria-checked={on}
                disabled={busy || (full && !on)}
                before={<Avatar {...chatFace(chat)} size={40} />}
                title={chatName(chat)}
                after={
                  <span className={cx(styles.box, on && styles.on)} aria-hidden="true">
                    {on && <Check size={16} strokeWidth={3} />}
                  </span>
                }
                onClick={() => toggle(chat.chat_id)}
              />
            </li>
          );
        })}
      </ul>
      {chats.length === 0 && <p className={styles.none}>{t.forwardNone}</p>}
      {hasMore && (
        <Button variant="plain" wide onClick={loadMore}>
          {texts.actions.more}
        </Button>
      )}
    </Dialog>
  );
}

/** The chats that one may write to, as far as that is known, and that are called like this. */
function useTargets(sought: string) {
  const { chats, hasMore, loadMore } = useChats();
  const { blocked } = useAccount();
  const me = useSession();
  const word = sought.trim().toLocaleLowerCase();
  const open = (chat: ChatSummary) =>
    chat.is_member && chat.participant?.user_id !== me && !blocked.includes(chat.participant?.user_id ?? '');
  const called = (chat: ChatSummary) => chatName(chat).toLocaleLowerCase().includes(word);
  return { chats: chats.filter((chat) => open(chat) && called(chat)), hasMore, loadMore };
}
