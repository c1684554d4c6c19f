/** Finds messages by what was written in them: in one chat, or everywhere. */
import { useChat } from '@parley/sdk/react';
import { Search as Icon, SearchX, X } from 'lucide-react';
import { useState } from 'react';
import { errorText } from '../lib/errors.ts';
import { chatName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { PaneBody, PaneHeader } from '../ui/pane.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { TextField } from '../ui/text-field.tsx';
import { FoundRow } from './found-row.tsx';
import { excerpt } from './marked.ts';
import styles from './search.module.css';
import { useChatsOf } from './use-chats-of.ts';
import { type SearchState, useSearch } from './use-search.ts';

/** Code points (contract section 2, Messages). */
const longest = 256;

export function Search({ chatId }: { chatId?: string | undefined }) {
  const chat = useChat(chatId ?? '');
  const [query, setQuery] = useState('');
  const search = useSearch(query, chatId);
  const title = chatId && chat ? texts.search.inChat(chatName(chat)) : texts.search.title;
  return (
    <>
      <PaneHeader title={title} back={chatId ? `/c/${chatId}` : '/'} />
      <search className={styles.field}>
        <TextField
          label={texts.search.query}
          hideLabel
          type="search"
          placeholder={texts.search.placeholder}
          autoFocus
          dir="auto"
          autoComplete="off"
          maxLength={longest}
          before={search.busy ? <Spinner size={18} /> : <Icon size={18} aria-hidden />}
          after={
            query && (
              <IconButton
                size="s"
                label={texts.search.clear}
                icon={<X size={18} />}
                onClick={() => setQuery('')}
              />
            )
          }
          value={query}
          onChange={({ currentTarget }) => setQuery(currentTarget.value)}
        />
      </search>
      <PaneBody>
        <Results search={search} chatId={chatId} />
      </PaneBody>
    </>
  );
}

function Results({ search, chatId }: { search: SearchState; chatId: string | undefined }) {
  const { messages, found, hasMore, busy, error, more } = search;
  const chats = useChatsOf(messages);
  const none = found !== '' && messages.length === 0;
  return (
    <>
      {error && (
        <p role="alert" className={styles.problem}>
          {errorText(error)}
        </p>
      )}
      <p role="status" className={styles.count}>
        {messages.length > 0 && texts.search.found(messages.length, hasMore)}
      </p>
      {found === '' && !error && (
        <EmptyState icon={<Icon size={32} />} title={texts.search.start} hint={texts.search.startHint} />
      )}
      {none && (
        <div role="status">
          <EmptyState
            icon={<SearchX size={32} />}
            title={texts.search.none(found)}
            hint={texts.search.noneHint}
          />
        </div>
      )}
      <ul>
        {messages.map((message) => (
          <li key={message.message_id}>
            <FoundRow
              message={message}
              chat={chats.get(message.chat_id)}
              pieces={excerpt(message)}
              within={chatId !== undefined}
            />
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button wide busy={busy} onClick={more}>
          {texts.search.more}
        </Button>
      )}
    </>
  );
}
