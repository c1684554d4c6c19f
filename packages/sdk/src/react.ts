/**
 * @packageDocumentation React's view of a client (React ≥ 18): `@parley/sdk/react`. Everything is read through
 * `useSyncExternalStore`, so it works in StrictMode and while React renders concurrently; a server renders it empty.
 */

export { type AccountState, useAccount } from './react/account.ts';
export { type ChatsState, useChat, useChats } from './react/chats.ts';
export { type MessagesState, useMessages } from './react/messages.ts';
export { usePresence } from './react/presence.ts';
export { ParleyProvider, type ParleyProviderProps, useClient } from './react/provider.ts';
export { type SendActions, useSend } from './react/send.ts';
export { useConnection, useSession } from './react/session.ts';
export { type TypingState, useTyping } from './react/typing.ts';
