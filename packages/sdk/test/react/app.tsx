/** What react.test.ts drives: each hook in a component that writes what it was told, and counts how often it was rendered. */
import { type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient, type ParleyClient } from '../../src/index.ts';
import {
  ParleyProvider,
  useAccount,
  useChat,
  useChats,
  useConnection,
  useMessages,
  usePresence,
  useSend,
  useSession,
  useTyping,
} from '../../src/react.ts';

/** What the test may reach, as the global `hooks`. */
export interface Harness {
  client: ParleyClient;
  /** How often each component was rendered. */
  renders: Record<string, number>;
  /** What the hooks answered last, by component. */
  told: Record<string, Record<string, unknown>>;
  start(url: string): void;
  /** Shows these components: names, with what they are about behind a colon. */
  show(...names: string[]): void;
}

const harness = { renders: {}, told: {} } as Harness;
Object.assign(globalThis, { hooks: harness });

function tell(name: string, what: Record<string, unknown>): ReactNode {
  harness.renders[name] = (harness.renders[name] ?? 0) + 1;
  harness.told[name] = what;
  return <pre id={name}>{JSON.stringify(what)}</pre>;
}

function Session() {
  return tell('session', { user: useSession(), connection: useConnection() });
}

function Chats() {
  const { chats, error, ...rest } = useChats();
  return tell('chats', { names: chats.map(({ name }) => name), error: error?.code ?? null, ...rest });
}

function Chat({ of }: { of: string }) {
  return tell('chat', { name: useChat(of)?.name ?? null });
}

function Messages({ of }: { of: string }) {
  const { messages, participants, chat, error, ...rest } = useMessages(of);
  const bodies = messages.flatMap(({ payload, type }) =>
    type !== 'system' && 'body' in payload ? [payload.body] : [],
  );
  const people = participants.length;
  return tell('messages', {
    ...{ bodies, people, of: chat?.chat_id ?? null, error: error?.code ?? null },
    statuses: messages.map(({ status }) => status),
    ...rest,
    ...useSend(of),
  });
}

function Typing({ of }: { of: string }) {
  return tell('typing', { ...useTyping(of) });
}

function Presence({ of }: { of: string }) {
  return tell('presence', { online: usePresence(of)?.online ?? null });
}

function Account() {
  const { profile, blocked, contacts } = useAccount();
  return tell('account', { name: profile?.display_name ?? null, blocked, contacts: contacts.length });
}

const components: Record<string, (props: { of: string }) => ReactNode> = {
  session: Session,
  chats: Chats,
  chat: Chat,
  messages: Messages,
  typing: Typing,
  presence: Presence,
  account: Account,
};

const root = createRoot(document.getElementById('root') as HTMLElement);

harness.start = (url) => {
  harness.client = createClient({ url, transport: 'websocket' });
};

harness.show = (...names) => {
  const shown = names.map((name, at) => {
    const [kind = '', of = ''] = name.split(':');
    const Component = components[kind];
    return Component && <Component key={`${name}-${String(at)}`} of={of} />;
  });
  root.render(
    <StrictMode>
      <ParleyProvider client={harness.client}>{shown}</ParleyProvider>
    </StrictMode>,
  );
};
