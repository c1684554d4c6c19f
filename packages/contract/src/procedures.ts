/**
 * The registry: every procedure there is, once. REST routes, the tRPC router, the OpenAPI document and the SDK's
 * types are all made of it, so none can say something that another does not.
 */
import type { z } from 'zod';
import { logout, refresh, requestOtp, verifyOtp } from './auth.ts';
import { createChat, getChat, listChats } from './chats.ts';
import { deleteFcmToken, setFcmToken } from './devices.ts';
import {
  addParticipants,
  muteChat,
  pinChat,
  removeParticipant,
  setChatAvatar,
  setDisappearing,
  setRole,
  updateChat,
} from './groups.ts';
import { getMedia, uploadMedia } from './media.ts';
import {
  deleteMessage,
  editMessage,
  forwardMessage,
  messageReceipts,
  reactToMessage,
  starMessage,
  unreactToMessage,
  unstarMessage,
} from './message-actions.ts';
import { listMessages, markRead, sendMessage } from './messages.ts';
import { blockUser, getPrivacy, listContacts, syncContacts, unblockUser, updatePrivacy } from './people.ts';
import { listStarred, searchChat, searchMessages } from './search.ts';
import { endSession, listSessions } from './sessions.ts';
import { sync } from './sync.ts';
import { getPresence, getUser, me, setAvatar, updateMe } from './users.ts';

export const procedures = {
  auth: { requestOtp, verifyOtp, refresh, logout, sessions: listSessions, endSession },
  users: {
    me,
    updateMe,
    getPrivacy,
    updatePrivacy,
    syncContacts,
    contacts: listContacts,
    get: getUser,
    presence: getPresence,
    block: blockUser,
    unblock: unblockUser,
    setFcmToken,
    deleteFcmToken,
  },
  chats: {
    list: listChats,
    create: createChat,
    get: getChat,
    update: updateChat,
    addParticipants,
    removeParticipant,
    setRole,
    mute: muteChat,
    pin: pinChat,
    setDisappearing,
  },
  messages: {
    list: listMessages,
    send: sendMessage,
    markRead,
    searchChat,
    search: searchMessages,
    starred: listStarred,
    delete: deleteMessage,
    edit: editMessage,
    forward: forwardMessage,
    star: starMessage,
    unstar: unstarMessage,
    react: reactToMessage,
    unreact: unreactToMessage,
    receipts: messageReceipts,
  },
  media: {
    get: getMedia,
  },
  sync: {
    changes: sync,
  },
} as const;

export type Procedures = typeof procedures;

/** Uploads: REST alone, as `multipart/form-data`. */
export const uploads = {
  media: uploadMedia,
  avatar: setAvatar,
  chatAvatar: setChatAvatar,
} as const;

export type UploadName = keyof typeof uploads;

/** `auth.requestOtp` and so on. */
export type ProcedurePath = {
  [D in keyof Procedures]: `${D}.${Extract<keyof Procedures[D], string>}`;
}[keyof Procedures];

type At<P extends ProcedurePath> = P extends `${infer D extends keyof Procedures}.${infer N}`
  ? N extends keyof Procedures[D]
    ? Procedures[D][N]
    : never
  : never;

/** What a caller passes to a procedure, e.g. `InputOf<'chats.create'>`. */
export type InputOf<P extends ProcedurePath> =
  At<P> extends { input: infer I extends z.ZodType } ? z.input<I> : never;

/** What a procedure answers. */
export type OutputOf<P extends ProcedurePath> =
  At<P> extends { output: infer O extends z.ZodType } ? z.output<O> : never;

/** Every procedure with its path, in the order of the registry. */
export function procedureEntries() {
  return Object.entries(procedures).flatMap(([domain, group]) =>
    Object.entries(group).map(([name, definition]) => ({
      path: `${domain}.${name}` as ProcedurePath,
      definition,
    })),
  );
}
