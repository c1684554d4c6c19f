/** @packageDocumentation The domain of Parley: plain functions over ports. Knows no framework, driver or transport. */
import { ChatCache } from './chats/cache.ts';
import type { Core } from './context.ts';
import { PositionWriter } from './messages/positions.ts';
import { SendQueue } from './messages/send-queue.ts';

export { requestOtp, verifyOtp } from './auth/otp.ts';
export { authenticate, deniedSessions, logout, refreshTokens } from './auth/session.ts';
export { accessChat, type ChatAccess, type ChatNeed, checkChat, presentMembers } from './chats/access.ts';
export { ChatCache } from './chats/cache.ts';
export { describeChat, getChat, openDirect } from './chats/direct.ts';
export type { Caller, Core, CoreSettings } from './context.ts';
export { AppError, isUnavailable, unavailable } from './error.ts';
export { Batcher, type BatcherOptions, BatchLoader } from './lib/batcher.ts';
export { whenBack } from './lib/when-back.ts';
export { listMessages } from './messages/history.ts';
export type { CommittedMove } from './messages/positions.ts';
export { markDelivered, markRead } from './messages/receipts.ts';
export { sendMessage } from './messages/send.ts';
export { typingAudience } from './messages/typing.ts';
export { expandOutbox, type OutboxPayloads } from './outbox.ts';
export * from './ports/engines.ts';
export * from './ports/stores.ts';
export { connectionClosed, connectionOpened, connectionsAlive } from './presence/connections.ts';
export { expirePresence } from './presence/expire.ts';
export { getMe, getPresence, getUser, updateMe, visiblePresence, visibleProfiles } from './users/profile.ts';

/** What the outside brings; the rest core makes itself. */
export type CoreParts = Omit<Core, 'chatCache' | 'sendQueue' | 'positions'>;

/** Makes the core over the given ports. */
export function createCore(parts: CoreParts): Core {
  const chatCache = new ChatCache(parts.chats);
  return {
    ...parts,
    chatCache,
    sendQueue: new SendQueue(parts),
    positions: new PositionWriter({ ...parts, chatCache }),
  };
}
