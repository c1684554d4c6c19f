/** A page with one chat: `/?server=<url>&chat=<chat id>`. */
import { browserStorage, createClient } from '@parley/sdk';
import { ParleyProvider, useClient, useSession } from '@parley/sdk/react';
import { type FormEvent, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './chat.tsx';

const query = new URLSearchParams(location.search);
const client = createClient({
  url: query.get('server') ?? 'http://localhost:3000',
  storage: browserStorage(),
  transport: 'websocket',
});
// Connects as soon as somebody is signed in, now or later.
client.onSession((userId) => userId && client.realtime.connect());

function Page() {
  const chatId = query.get('chat');
  if (useSession() === null) return <SignIn />;
  return chatId ? <Chat chatId={chatId} /> : <p>Add ?chat= with the id of a chat to the address.</p>;
}

function SignIn() {
  const client = useClient();
  const [problem, setProblem] = useState('');

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const phone = String(new FormData(event.currentTarget).get('phone'));
    const requestCode = ({ otp_dev }: { otp_dev?: string | undefined }) =>
      otp_dev ?? prompt('The code that you received') ?? '';
    try {
      await client.signIn({ phone, requestCode });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  }

  return (
    <form onSubmit={submit}>
      <input name="phone" type="tel" aria-label="Phone" placeholder="+491511234567" />
      <button type="submit">Sign in</button>
      {problem && <p role="alert">{problem}</p>}
    </form>
  );
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <ParleyProvider client={client}>
      <Page />
    </ParleyProvider>
  </StrictMode>,
);
