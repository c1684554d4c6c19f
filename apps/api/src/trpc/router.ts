import { endSession } from '../routes/auth/end-session.ts';
import { logout } from '../routes/auth/logout.ts';
import { refresh } from '../routes/auth/refresh.ts';
import { requestOtp } from '../routes/auth/request-otp.ts';
import { sessions } from '../routes/auth/sessions.ts';
import { verifyOtp } from '../routes/auth/verify-otp.ts';
import { addParticipants } from '../routes/chats/add-participants.ts';
import { create } from '../routes/chats/create.ts';
import { get as getChat } from '../routes/chats/get.ts';
import { list as listChats } from '../routes/chats/list.ts';
import { mute } from '../routes/chats/mute.ts';
import { pin } from '../routes/chats/pin.ts';
import { removeParticipant } from '../routes/chats/remove-participant.ts';
import { setDisappearing } from '../routes/chats/set-disappearing.ts';
import { setRole } from '../routes/chats/set-role.ts';
import { update } from '../routes/chats/update.ts';
import { get as getMedia } from '../routes/media/get.ts';
import { remove } from '../routes/messages/delete.ts';
import { edit } from '../routes/messages/edit.ts';
import { forward } from '../routes/messages/forward.ts';
import { list } from '../routes/messages/list.ts';
import { markRead } from '../routes/messages/mark-read.ts';
import { react } from '../routes/messages/react.ts';
import { receipts } from '../routes/messages/receipts.ts';
import { search } from '../routes/messages/search.ts';
import { searchChat } from '../routes/messages/search-chat.ts';
import { send } from '../routes/messages/send.ts';
import { star } from '../routes/messages/star.ts';
import { starred } from '../routes/messages/starred.ts';
import { unreact } from '../routes/messages/unreact.ts';
import { unstar } from '../routes/messages/unstar.ts';
import { changes } from '../routes/sync/changes.ts';
import { block } from '../routes/users/block.ts';
import { contacts } from '../routes/users/contacts.ts';
import { deleteFcmToken } from '../routes/users/delete-fcm-token.ts';
import { get as getUser } from '../routes/users/get.ts';
import { getPrivacy } from '../routes/users/get-privacy.ts';
import { me } from '../routes/users/me.ts';
import { presence } from '../routes/users/presence.ts';
import { setFcmToken } from '../routes/users/set-fcm-token.ts';
import { syncContacts } from '../routes/users/sync-contacts.ts';
import { unblock } from '../routes/users/unblock.ts';
import { updateMe } from '../routes/users/update-me.ts';
import { updatePrivacy } from '../routes/users/update-privacy.ts';
import { t } from './init.ts';

/** Exactly the procedures of the contract; a test holds the two against each other. */
export const router = t.router({
  auth: { requestOtp, verifyOtp, refresh, logout, sessions, endSession },
  users: {
    me,
    updateMe,
    getPrivacy,
    updatePrivacy,
    syncContacts,
    contacts,
    get: getUser,
    presence,
    block,
    unblock,
    setFcmToken,
    deleteFcmToken,
  },
  chats: {
    list: listChats,
    create,
    get: getChat,
    update,
    addParticipants,
    removeParticipant,
    setRole,
    mute,
    pin,
    setDisappearing,
  },
  messages: {
    list,
    send,
    markRead,
    searchChat,
    search,
    starred,
    delete: remove,
    edit,
    forward,
    star,
    unstar,
    react,
    unreact,
    receipts,
  },
  media: { get: getMedia },
  sync: { changes },
});

/** For clients of tRPC: `createTRPCClient<AppRouter>`. */
export type AppRouter = typeof router;
