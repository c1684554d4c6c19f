/** What stands beside the list of chats, by address. Each is loaded when it is first shown. */
import { lazy } from 'react';
import { Route, Switch } from 'wouter';
import { Part } from '../ui/part.tsx';
import { NoChat } from './no-chat.tsx';
import { NotFound } from './not-found.tsx';

const Conversation = lazy(async () => ({
  default: (await import('../conversation/conversation.tsx')).Conversation,
}));
const ChatInfo = lazy(async () => ({ default: (await import('../groups/chat-info.tsx')).ChatInfo }));
const NewGroup = lazy(async () => ({ default: (await import('../groups/new-group.tsx')).NewGroup }));
const NewChat = lazy(async () => ({ default: (await import('../people/new-chat.tsx')).NewChat }));
const Settings = lazy(async () => ({ default: (await import('../settings/settings.tsx')).Settings }));
const Search = lazy(async () => ({ default: (await import('../search/search.tsx')).Search }));
const Starred = lazy(async () => ({ default: (await import('../search/starred.tsx')).Starred }));

export function Panes() {
  return (
    <Switch>
      <Route path="/">
        <NoChat />
      </Route>
      <Route path="/c/:chatId/info">
        {({ chatId }) => (
          <Part key={chatId}>
            <ChatInfo chatId={chatId} />
          </Part>
        )}
      </Route>
      <Route path="/c/:chatId/search">
        {({ chatId }) => (
          <Part key={chatId}>
            <Search chatId={chatId} />
          </Part>
        )}
      </Route>
      <Route path="/c/:chatId/m/:messageId">
        {({ chatId, messageId }) => <Chat chatId={chatId} messageId={messageId} />}
      </Route>
      <Route path="/c/:chatId">{({ chatId }) => <Chat chatId={chatId} />}</Route>
      <Route path="/new">
        <Part>
          <NewChat />
        </Part>
      </Route>
      <Route path="/new-group">
        <Part>
          <NewGroup />
        </Part>
      </Route>
      <Route path="/settings/:page?">
        {({ page }) => (
          <Part>
            <Settings page={page} />
          </Part>
        )}
      </Route>
      <Route path="/search">
        <Part>
          <Search />
        </Part>
      </Route>
      <Route path="/starred">
        <Part>
          <Starred />
        </Part>
      </Route>
      <Route>
        <NotFound />
      </Route>
    </Switch>
  );
}

/** A chat stays the same component where only the message to jump to changes. */
function Chat({ chatId, messageId }: { chatId: string; messageId?: string | undefined }) {
  return (
    <Part key={chatId}>
      <Conversation key={chatId} chatId={chatId} messageId={messageId} />
    </Part>
  );
}
