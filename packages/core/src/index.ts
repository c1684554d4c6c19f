/** @packageDocumentation The domain of Parley: plain functions over ports. Knows no framework, driver or transport. */
import { ChatCache } from './chats/cache.ts';
import type { Core } from './context.ts';
import { Turns } from './lib/turns.ts';
import { MediaLinks } from './media/links.ts';
import { PositionWriter } from './messages/positions.ts';
import { SendQueue } from './messages/send-queue.ts';

export { requestOtp, verifyOtp } from './auth/otp.ts';
export { authenticate, deniedSessions, logout, refreshTokens } from './auth/session.ts';
export { endSession, listSessions } from './auth/sessions.ts';
export { accessChat, type ChatAccess, type ChatNeed, checkChat, presentMembers } from './chats/access.ts';
export { ChatCache } from './chats/cache.ts';
export { createChat } from './chats/create.ts';
export { getChat } from './chats/direct.ts';
export {
  addParticipants,
  removeParticipant,
  setDisappearing,
  setRole,
  updateChat,
} from './chats/groups.ts';
export { listChats } from './chats/list.ts';
export { muteChat, pinChat } from './chats/own.ts';
export type { Caller, Core, CoreSettings } from './context.ts';
export { AppError, isUnavailable, unavailable } from './error.ts';
export { Batcher, type BatcherOptions, BatchLoader } from './lib/batcher.ts';
export { isUuid } from './lib/ids.ts';
export { plainCharacters } from './lib/names.ts';
export { whenBack } from './lib/when-back.ts';
export { getMedia, mediaDownload } from './media/access.ts';
export { type AvatarUpload, openAvatar, setAvatar, setChatAvatar } from './media/avatars.ts';
export { type Cleaned, cleanMedia, releaseMedia } from './media/clean.ts';
export { MediaLinks } from './media/links.ts';
export { processMedia, processMissed } from './media/process.ts';
export { type Upload, uploadMedia } from './media/upload.ts';
export { mediaIdOf, mediaViews } from './media/view.ts';
export { deleteMessage } from './messages/delete.ts';
export { editMessage } from './messages/edit.ts';
export { expireMessages } from './messages/expire.ts';
export { forwardMessage } from './messages/forward.ts';
export { listMessages } from './messages/history.ts';
export type { CommittedMove } from './messages/positions.ts';
export { react, reactToMessage, unreactToMessage } from './messages/react.ts';
export { markDelivered, markRead } from './messages/receipts.ts';
export { messageReceipts } from './messages/receipts-of.ts';
export { sendMessage } from './messages/send.ts';
export { listStarred, starMessage, unstarMessage } from './messages/star.ts';
export { typingAudience } from './messages/typing.ts';
export { expandOutbox, type OutboxPayloads } from './outbox.ts';
export * from './ports/engines.ts';
export * from './ports/stores.ts';
export { connectionClosed, connectionOpened, connectionsAlive } from './presence/connections.ts';
export { expirePresence } from './presence/expire.ts';
export { pushAdded } from './push/added.ts';
export { pushMessage } from './push/message.ts';
export type { Metered, PushMeter } from './push/notes.ts';
export { pushRead } from './push/read.ts';
export { registerPushToken, removePushToken } from './push/tokens.ts';
export { type PushExplanation, whyPush } from './push/why.ts';
export { pushWindows, takePushWindows } from './push/windows.ts';
export { highlightsOf } from './search/highlights.ts';
export { parseQuery } from './search/query.ts';
export { searchChat, searchMessages } from './search/search.ts';
export { searchTokens } from './search/tokens.ts';
export { type SyncSize, syncChanges } from './sync/sync.ts';
export { blockUser, unblockUser } from './users/blocks.ts';
export { listContacts, syncContacts } from './users/contacts.ts';
export { getPrivacy, updatePrivacy } from './users/privacy.ts';
export {
  getMe,
  getPresence,
  getUser,
  presenceFor,
  updateMe,
  visiblePresence,
  visibleProfiles,
} from './users/profile.ts';

/** What the outside brings; the rest core makes itself. */
export type CoreParts = Omit<Core, 'chatCache' | 'chatTurns' | 'mediaLinks' | 'sendQueue' | 'positions'>;

/** Makes the core over the given ports. */
export function createCore(parts: CoreParts): Core {
  const chatCache = new ChatCache(parts.chats);
  // Ends with the process, like the cache itself.
  parts.signals.subscribe((signal) => {
    if (signal.kind !== 'chats') return;
    for (const chatId of signal.chat_ids) chatCache.invalidate(chatId);
  });
  parts.signals.onGap(() => chatCache.clear());
  return {
    ...parts,
    chatCache,
    chatTurns: new Turns(),
    mediaLinks: new MediaLinks(parts),
    sendQueue: new SendQueue({ ...parts, chatCache }),
    positions: new PositionWriter({ ...parts, chatCache }),
  };
}
