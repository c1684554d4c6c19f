import { clientEvents } from '@parley/contract';
import { AppError, authenticate } from '@parley/core';
import { secondsLeft, signedOut } from '../sessions.ts';
import { defineEvent } from './define.ts';

/** Renews the token of a live connection. A bad token is refused; the old one goes on until it runs out. */
export const auth = defineEvent({
  event: 'auth',
  schema: clientEvents.auth,
  access: 'anyone',
  rate: null,
  async handle(ctx, session, { token }) {
    const claims = await authenticate(ctx.core, token);
    if (claims.userId !== session.userId) {
      throw new AppError('FORBIDDEN', 'A connection stays with its user: open another one');
    }
    if (ctx.sessions.wasKicked(claims.sessionId)) throw signedOut();
    session.sessionId = claims.sessionId;
    session.expiresAt = claims.expiresAt;
    return { expires_in: secondsLeft(claims, ctx.core.clock.now()) };
  },
});
