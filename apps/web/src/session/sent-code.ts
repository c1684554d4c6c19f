/**
 * The sign-in code as a development server "sent" it: in its answer where OTP_ECHO is on, else in its dev inbox, which it shows only to the
 * developer's own machine. Null everywhere else.
 */
import type { OutputOf } from '@parley/sdk';

/** The page is told by its server that it is a developer's; in Vite's own server it always is. */
export const isDevServer: boolean =
  import.meta.env.DEV || document.querySelector('meta[name="parley-dev"]') !== null;

interface Inbox {
  items: { kind: string; to: string; code: string | null }[];
}

/** The code that was just sent to a phone, if this page may know it. Never rejects. */
export async function sentCode(
  phone: string,
  { otp_dev }: OutputOf<'auth.requestOtp'>,
  signal?: AbortSignal,
): Promise<string | null> {
  if (otp_dev) return otp_dev;
  if (!isDevServer) return null;
  try {
    const answer = await fetch('/dev/inbox', {
      headers: { accept: 'application/json' },
      ...(signal ? { signal } : {}),
    });
    if (!answer.ok) return null;
    const { items }: Inbox = await answer.json();
    // The newest comes first.
    return items.find(({ kind, to, code }) => kind === 'sms' && to === phone && code)?.code ?? null;
  } catch {
    // Codes still come the way they come to everybody else.
    return null;
  }
}
