/** Answers of the REST API that setting up a benchmark needs. Set-up is not measured, so it is plain `fetch`. */
export interface Account {
  userId: string;
  token: string;
}

/** Calls the API and returns `data` of the envelope; anything but success throws what the server said. */
export async function callApi<T>(
  base: string,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
  token?: string,
): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (token) headers.authorization = `Bearer ${token}`;
  const init: RequestInit = { method, headers };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(`${base}/api/v1${path}`, init);
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${answer.slice(0, 300)}`);
  return (JSON.parse(answer) as { data: T }).data;
}

/** Signs a new user in with the code that the server echoes. */
export async function signIn(base: string, phone: string): Promise<Account> {
  const requested = await callApi<{ otp_dev?: string }>(base, 'POST', '/auth/request-otp', { phone });
  if (!requested.otp_dev) throw new Error('the server does not echo the code: start it with OTP_ECHO=true');
  const verified = await callApi<{ access_token: string; user: { id: string } }>(
    base,
    'POST',
    '/auth/verify-otp',
    {
      phone,
      otp: requested.otp_dev,
    },
  );
  return { userId: verified.user.id, token: verified.access_token };
}

export async function openDirectChat(base: string, account: Account, participantId: string): Promise<string> {
  const body = { type: 'direct', participant_id: participantId };
  return (await callApi<{ chat_id: string }>(base, 'POST', '/chats', body, account.token)).chat_id;
}

/** Makes a group of `account` and the others; returns its id. */
export async function createGroup(
  base: string,
  account: Account,
  participantIds: readonly string[],
): Promise<string> {
  const body = { type: 'group', name: 'Benchmark', participant_ids: participantIds };
  return (await callApi<{ chat_id: string }>(base, 'POST', '/chats', body, account.token)).chat_id;
}

/** The number of the newest message of a chat; 0 where there is none. */
export async function newestSeq(base: string, account: Account, chatId: string): Promise<number> {
  const path = `/chats/${chatId}/messages?limit=1`;
  const { messages } = await callApi<{ messages: { seq: number }[] }>(
    base,
    'GET',
    path,
    undefined,
    account.token,
  );
  return messages[0]?.seq ?? 0;
}

/** A series of phone numbers that no other run on the same server is likely to use. */
export function phoneSeries(): (index: number) => string {
  const series = String(Math.floor(Math.random() * 10 ** 6)).padStart(6, '0');
  return (index) => `+15${series}${String(index).padStart(6, '0')}`;
}

/** Signs `count` new users in, a few at a time: more would only queue at the server. */
export function signInMany(base: string, count: number): Promise<Account[]> {
  const phone = phoneSeries();
  return mapLimit(count, 16, (index) => signIn(base, phone(index)));
}

/** Runs `work` for 0 … count-1, `limit` at a time, and returns the results in order; the first error ends it. */
export async function mapLimit<T>(
  count: number,
  limit: number,
  work: (index: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < count && !failed) {
      const index = next;
      next += 1;
      try {
        results[index] = await work(index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  return results;
}
