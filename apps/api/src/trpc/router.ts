import { logout } from '../routes/auth/logout.ts';
import { refresh } from '../routes/auth/refresh.ts';
import { requestOtp } from '../routes/auth/request-otp.ts';
import { verifyOtp } from '../routes/auth/verify-otp.ts';
import { create } from '../routes/chats/create.ts';
import { get as getChat } from '../routes/chats/get.ts';
import { list } from '../routes/messages/list.ts';
import { markRead } from '../routes/messages/mark-read.ts';
import { send } from '../routes/messages/send.ts';
import { get as getUser } from '../routes/users/get.ts';
import { me } from '../routes/users/me.ts';
import { presence } from '../routes/users/presence.ts';
import { updateMe } from '../routes/users/update-me.ts';
import { t } from './init.ts';

/** Exactly the procedures of the contract; a test holds the two against each other. */
export const router = t.router({
  auth: { requestOtp, verifyOtp, refresh, logout },
  users: { me, updateMe, get: getUser, presence },
  chats: { create, get: getChat },
  messages: { list, send, markRead },
});

/** For clients of tRPC: `createTRPCClient<AppRouter>`. */
export type AppRouter = typeof router;
