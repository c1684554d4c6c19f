/**
 * Access tokens for FCM: a JWT signed with the service account's key, exchanged at Google's token server (RFC 7523, section 2.1).
 *
 * firebase-admin's own `cert()` is not used for this: given the key it forgets the agent, given a path it keeps the credential, with its
 * first agent, for the whole process; and both try again inside and write deprecation warnings past the log. What it does keep is the
 * token, until five minutes before it runs out, and one request serves all pushes that wait.
 */
import { type Agent, request } from 'node:https';
import { json } from 'node:stream/consumers';
import type { Credential, GoogleOAuthAccessToken } from 'firebase-admin/app';
import { SignJWT } from 'jose';
import type { FcmAccount } from './credentials.ts';
import { FcmFailure } from './fcm-failure.ts';

const tokenUrl = 'https://oauth2.googleapis.com/token';
const scope = 'https://www.googleapis.com/auth/firebase.messaging';

/** A credential for `initializeApp`. Errors of `getAccessToken`: `FcmFailure`. */
export function fcmCredential(account: FcmAccount, agent: Agent): Credential {
  return {
    async getAccessToken() {
      const form = new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: await assertion(account),
      });
      return readToken(await post(form.toString(), agent));
    },
  };
}

function assertion({ clientEmail, keyId, privateKey }: FcmAccount): Promise<string> {
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId === null ? {} : { kid: keyId }) })
    .setIssuer(clientEmail)
    .setAudience(tokenUrl)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(privateKey);
}

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** The agent bounds how long it takes. */
function post(form: string, agent: Agent): Promise<Reply> {
  return new Promise<Reply>((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const req = request(tokenUrl, { method: 'POST', agent, headers }, (res) => {
      const read = (body: unknown) =>
        resolve({ status: res.statusCode ?? 0, body: (body ?? {}) as Reply['body'] });
      // A page of something in between is as good as no answer; the status says which.
      json(res).then(read, () => read({}));
    });
    req.on('error', (cause) => {
      const { code } = cause as NodeJS.ErrnoException;
      reject(new FcmFailure('busy', `access token: ${code ?? 'no answer'}`, { cause }));
    });
    req.end(form);
  });
}

/** A 4xx says that Google does not accept the account (`invalid_grant`: its key is gone, or the clock is wrong). */
function readToken({ status, body }: Reply): GoogleOAuthAccessToken {
  const { access_token, expires_in, error } = body;
  if (status === 200 && typeof access_token === 'string' && typeof expires_in === 'number') {
    return { access_token, expires_in };
  }
  const refused = status >= 400 && status < 500 && status !== 408 && status !== 429;
  const reason = refused && typeof error === 'string' ? error : `HTTP ${status}`;
  throw new FcmFailure(refused ? 'not_authorised' : 'busy', `access token: ${reason}`);
}
