/** Where messages are written: a new one, an answer, or a change of one that was sent. */
import type { Message } from '@parley/sdk';
import { useSend, useTyping } from '@parley/sdk/react';
import { ArrowUp, Check } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useImperativeHandle, useRef, useState } from 'react';
import { AttachButton, VoiceButton } from '../../media/index.ts';
import { texts } from '../../texts/texts.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { textOf } from '../model/shown.ts';
import { codePoints } from '../model/text.ts';
import styles from './composer.module.css';
import { Context } from './context.tsx';
import { Editor, touch } from './editor.tsx';
import { EmojiButton } from './emoji-button.tsx';
import { Room } from './room.tsx';
import { useDraft } from './use-draft.ts';
import { useInsert } from './use-insert.ts';

/** Code points of a text, and of a caption (contract section 2). */
const most = { text: 4096, caption: 1024 };

/** What is being written besides a new message. */
export interface Mode {
  readonly kind: 'reply' | 'edit';
  readonly message: Message;
}

export interface ComposerHandle {
  focus(): void;
}

/** Where a conversation takes the whole width. */
const narrow = matchMedia('(max-width: 720px)');

interface ComposerProps {
  readonly chatId: string;
  readonly mode: Mode | null;
  readonly onModeEnd: () => void;
  /** Puts another text into the message that is edited. */
  readonly onEdit: (message: Message, text: string) => void;
  /** The newest own message that can still be edited: the arrow key in an empty field takes it. */
  readonly onEditLast: () => void;
  readonly onSent: () => void;
  readonly draft: string;
  readonly setDraft: (text: string) => void;
  readonly handle: RefObject<ComposerHandle | null>;
}

export function Composer(props: ComposerProps) {
  const { chatId, mode, onModeEnd, onEdit, onEditLast, onSent, draft, setDraft } = props;
  const { send } = useSend(chatId);
  const { setTyping } = useTyping(chatId);
  const editing = mode?.kind === 'edit' ? mode.message : null;
  const [change, setChange] = useState('');
  const [written, setWritten] = useDraft(draft, setDraft);
  const field = useRef<HTMLTextAreaElement>(null);
  const text = editing ? change : written;
  const limit = editing && editing.type !== 'text' ? most.caption : most.text;
  const left = limit - codePoints(text);
  const empty = text.trim() === '' && !(editing && editing.type !== 'text');
  const replyTo = mode?.kind === 'reply' ? mode.message.message_id : undefined;

  const write = (next: string) => {
    if (editing) setChange(next);
    else {
      setWritten(next);
      setTyping(next !== '');
    }
  };
  const insert = useInsert(field, write);
  useEffect(() => {
    // With a keyboard at hand one may write at once; where there is little room one looks first, and a phone's keyboard would cover half.
    if (!touch.matches && !narrow.matches) field.current?.focus({ preventScroll: true });
  }, []);
  useImperativeHandle(props.handle, () => ({ focus: () => field.current?.focus() }));
  useEffect(() => {
    if (editing) setChange(textOf(editing));
  }, [editing]);
  useEffect(() => {
    if (mode) field.current?.focus();
  }, [mode]);
  useEffect(() => () => setTyping(false), [setTyping]);

  const submit = () => {
    if (empty || left < 0) return;
    if (editing) {
      if (text !== textOf(editing)) onEdit(editing, text);
      onModeEnd();
      return;
    }
    send({ type: 'text', payload: { body: text }, reply_to_message_id: replyTo ?? null });
    setWritten('');
    setTyping(false);
    onModeEnd();
    onSent();
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && mode) {
      event.preventDefault();
      onModeEnd();
    }
    if (event.key === 'ArrowUp' && text === '' && !mode) {
      event.preventDefault();
      onEditLast();
    }
  };
  const sent = () => {
    onModeEnd();
    onSent();
  };
  return (
    <div className={styles.composer}>
      {mode && <Context mode={mode} onClose={onModeEnd} />}
      <form
        className={styles.bar}
        aria-label={texts.conversation.composer}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {!editing && <AttachButton chatId={chatId} replyTo={replyTo} onSent={sent} />}
        <div className={styles.field}>
          <EmojiButton onPick={insert} />
          <Editor
            ref={field}
            value={text}
            onChange={write}
            onSubmit={submit}
            onKeyDown={onKeyDown}
            onBlur={() => setTyping(false)}
            caption={editing !== null && editing.type !== 'text'}
          />
          <Room left={left} />
        </div>
        {empty && !editing ? (
          <VoiceButton chatId={chatId} replyTo={replyTo} onSent={sent} />
        ) : (
          <IconButton
            type="submit"
            variant="filled"
            label={editing ? texts.conversation.saveEdit : texts.conversation.send}
            icon={editing ? <Check size={22} /> : <ArrowUp size={22} />}
            disabled={empty || left < 0}
          />
        )}
      </form>
    </div>
  );
}
