/** Tells assistive technology of messages that come while the conversation is open, when it is idle. */
import { useEffect, useRef, useState } from 'react';
import { previewText } from '../../lib/names.ts';
import { texts } from '../../texts/texts.ts';
import { useConversation } from '../context.ts';
import { previewOf } from '../message/quote.tsx';
import { systemText } from '../message/system-line.tsx';
import type { Row } from '../model/rows.ts';
import { isStored } from '../model/shown.ts';

export function Announcer({ rows, newest }: { rows: readonly Row[]; newest: boolean }) {
  const conversation = useConversation();
  const { me, nameOf } = conversation;
  const [text, setText] = useState('');
  const heard = useRef<number | null>(null);
  useEffect(() => {
    const stored = rows.flatMap(({ message }) => (isStored(message) ? [message] : []));
    const last = stored.at(-1);
    if (!last) return;
    // What was there before, and what one scrolls to, is no news.
    if (heard.current === null || !newest) {
      heard.current = Math.max(heard.current ?? 0, last.seq);
      return;
    }
    const since = heard.current;
    heard.current = Math.max(since, last.seq);
    const news = stored.filter(({ seq, sender_id }) => seq > since && sender_id !== me);
    const [one] = news;
    if (!one) return;
    const { announce, announceMany } = texts.conversation;
    if (news.length > 1) setText(announceMany(news.length));
    else if (one.type === 'system') setText(systemText(one, conversation));
    else setText(announce(nameOf(one.sender_id), wordsOf(one, me)));
  }, [rows, newest, me, nameOf, conversation]);
  return (
    <div className="visually-hidden" role="log" aria-live="polite" aria-label={texts.conversation.messages}>
      {text}
    </div>
  );
}

function wordsOf(message: Row['message'], me: string): string {
  const preview = previewOf(message, me);
  return preview ? previewText(preview) : texts.conversation.deleted;
}
