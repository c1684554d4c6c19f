import { useChats } from '@parley/sdk/react';
import { CloudOff, MessageCirclePlus, Search, SearchX, X } from 'lucide-react';
import { type ReactNode, useDeferredValue, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { TextField } from '../ui/text-field.tsx';
import styles from './chat-list.module.css';
import { filterChats } from './filter.ts';
import { ListHeader } from './list-header.tsx';
import { Rows } from './rows.tsx';
import { Skeleton } from './skeleton.tsx';
import { useTitle } from './use-title.ts';

/** The list of chats with what is above it. `titled`: the page's title tells how much is unread. */
export function ChatList({ titled }: { titled: boolean }) {
  const { chats, loaded, error, hasMore, loadMore } = useChats();
  const [written, setWritten] = useState('');
  const filter = useDeferredValue(written.trim());
  const shown = filterChats(chats, filter);
  useTitle(titled ? chats : null);
  useEffect(() => {
    // A name may be that of a chat that was not fetched yet.
    if (filter !== '' && hasMore) loadMore();
  }, [filter, hasMore, loadMore]);
  return (
    <>
      <ListHeader headingLevel={titled ? 'h1' : 'h2'} />
      <Filter value={written} onChange={setWritten} />
      {body()}
    </>
  );

  function body(): ReactNode {
    if (shown.length > 0) return <Rows chats={shown} onNearEnd={() => hasMore && loadMore()} />;
    if (chats.length > 0 && filter !== '') return <NoMatch filter={filter} />;
    if (loaded) return <NoChats />;
    return error && !error.retriable ? <Failed hint={errorText(error)} /> : <Skeleton />;
  }
}

function Filter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const clear = (
    <IconButton
      label={texts.chats.clearFilter}
      icon={<X size={16} />}
      size="s"
      onClick={() => onChange('')}
    />
  );
  return (
    <TextField
      className={styles.filter}
      label={texts.chats.filter}
      hideLabel
      placeholder={texts.chats.filter}
      type="search"
      enterKeyHint="search"
      autoComplete="off"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => event.key === 'Escape' && onChange('')}
      before={<Search size={18} aria-hidden="true" />}
      after={value && clear}
    />
  );
}

function NoChats() {
  const [, navigate] = useLocation();
  return (
    <EmptyState
      icon={<MessageCirclePlus size={34} />}
      title={texts.chats.empty}
      hint={texts.chats.emptyHint}
      action={
        <Button variant="primary" onClick={() => navigate('/new')}>
          {texts.chats.newChat}
        </Button>
      }
    />
  );
}

function NoMatch({ filter }: { filter: string }) {
  const [, navigate] = useLocation();
  return (
    <EmptyState
      icon={<SearchX size={34} />}
      title={texts.chats.noMatch(filter)}
      action={<Button onClick={() => navigate('/search')}>{texts.chats.searchInstead}</Button>}
    />
  );
}

function Failed({ hint }: { hint: string }) {
  return <EmptyState icon={<CloudOff size={34} />} title={texts.chats.failed} hint={hint} />;
}
