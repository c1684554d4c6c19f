/** @packageDocumentation The client of Parley for browsers and Node: typed procedures, sign-in, real time. */

export type {
  Chat,
  ChatSummary,
  Contact,
  ErrorCode,
  ErrorDetail,
  FoundMessage,
  InputOf,
  LastMessage,
  Media,
  MediaStatus,
  MediaType,
  Message,
  MessageStatus,
  OutputOf,
  OwnChange,
  OwnProfile,
  Participant,
  Presence,
  PrivacySettings,
  ProcedurePath,
  Profile,
  PushPlatform,
  ServerEvent,
  ServerEventData,
  SyncChat,
  SyncInput,
  SyncParticipant,
  SyncResult,
} from '@parley/contract';
export type { Account } from './account/account.ts';
export type { Device, SignedInUser, SignInOptions, SignOutResult } from './auth.ts';
export { type ClientOptions, createClient, type ParleyClient } from './client.ts';
export { memoryDatabase } from './database/memory.ts';
export type { Database, ListOptions, RecordChange, Records, RecordValue } from './database/types.ts';
export { ParleyError, type ParleyErrorCode, type ParleyErrorOptions } from './errors.ts';
export type { FetchLike } from './http.ts';
export type { DebugLog } from './lib/debug.ts';
export type { MediaFiles } from './media/files.ts';
export type {
  FileSource,
  PhotoOptions,
  Progress,
  SendAudioOptions,
  SendFileOptions,
  TransferOptions,
  UploadFile,
  UploadOptions,
} from './media/types.ts';
export type { OutboxFileOptions } from './outbox/file.ts';
export type { OutboxFile, OutboxItem } from './outbox/types.ts';
export { type Page, type PageOptions, pages } from './pages.ts';
export type {
  Api,
  AuthApi,
  CallOptions,
  ChatsApi,
  MediaApi,
  MessagesApi,
  Procedure,
  SyncApi,
  UsersApi,
} from './procedures.ts';
export type { Realtime } from './realtime/realtime.ts';
export type { ReadResult } from './realtime/receipts.ts';
export type { Draft, RealtimeStatus, Sent, TransportName, WebSocketClass } from './realtime/types.ts';
export { browserStorage, memoryStorage, type TokenStorage } from './storage.ts';
export type { ChatList, Chats } from './view/chat-list.ts';
export type { ChatDraft, MessageList, Messages } from './view/message-list.ts';
export type { UnsentMessage } from './view/unsent.ts';
