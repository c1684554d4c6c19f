/** One chat as a component: history, what arrives, who types, and a line to write in. */
import type { Message, Participant, UnsentMessage } from '@parley/sdk';
import { useMessages, useSend, useSession, useTyping } from '@parley/sdk/react';
import { type FormEvent, type ReactNode, useEffect } from 'react';

export function Chat({ chatId }: { chatId: string }) {
  const { messages, chat, participants, hasOlder, loadOlder, markRead, draft, setDraft, loaded, error } =
    useMessages(chatId);
  const { typing, setTyping } = useTyping(chatId);
  const { send, retry, discard } = useSend(chatId);

  // Whoever looks at the page has read what is on it.
  const newest = messages.at(-1)?.client_msg_id;
  useEffect(() => {
    if (newest && document.visibilityState === 'visible') markRead();
  }, [newest, markRead]);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (draft.trim() === '') return;
    send({ type: 'text', payload: { body: draft } });
    setDraft('');
    setTyping(false);
  }

  if (!loaded && messages.length === 0) return <p role="status">{error ? error.message : 'Loading …'}</p>;
  return (
    <section aria-label={chat?.name || chat?.participant?.display_name || 'Chat'}>
      {error && <p role="alert">{error.message}</p>}
      {hasOlder && (
        <button type="button" onClick={loadOlder}>
          Earlier messages
        </button>
      )}
      <ol>
        {messages.map((message) => (
          <Line key={message.client_msg_id} message={message} participants={participants}>
            {message.status === 'failed' && (
              <>
                <button type="button" onClick={() => retry(message.client_msg_id)}>
                  Try again
                </button>
                <button type="button" onClick={() => discard(message.client_msg_id)}>
                  Discard
                </button>
              </>
            )}
          </Line>
        ))}
      </ol>
      <p role="status">
        {typing.length > 0 && `${typing.map((id) => nameOf(participants, id)).join(', ')} …`}
      </p>
      <form onSubmit={submit}>
        <input
          aria-label="Message"
          value={draft}
          onChange={({ target }) => {
            setDraft(target.value);
            setTyping(target.value !== '');
          }}
        />
        <button type="submit">Send</button>
      </form>
    </section>
  );
}

interface LineProps {
  message: Message | UnsentMessage;
  participants: readonly Participant[];
  children: ReactNode;
}

function Line({ message, participants, children }: LineProps) {
  const me = useSession();
  // What is not stored yet is one's own.
  const sender = 'sender_id' in message ? message.sender_id : me;
  return (
    <li data-own={sender === me} data-status={message.status}>
      {sender !== me && <b>{nameOf(participants, sender)} </b>}
      {textOf(message)} {sender === me && <small>{message.status}</small>}
      {children}
    </li>
  );
}

function textOf({ payload, type }: LineProps['message']): string {
  return 'body' in payload ? String(payload.body) : `(${type})`;
}

function nameOf(participants: readonly Participant[], userId: string | null): string {
  return participants.find(({ user_id }) => user_id === userId)?.display_name || 'Somebody';
}
