/** A made-up person with a client of their own, apart from who is signed in here. */
import { createClient, type ParleyClient, ParleyError, type TokenStorage } from '@parley/sdk';
import { device } from '../session/client.ts';
import { sentCode } from '../session/sent-code.ts';

export interface Person {
  readonly client: ParleyClient;
  readonly id: string;
  readonly name: string;
}

/** Signs somebody in whom this tab has made up before, or makes up somebody new. */
export async function signInPerson(client: ParleyClient, name: string): Promise<Person> {
  await client.ready;
  if (client.session !== null) return { client, id: client.session, name };
  const phone = madeUpPhone();
  const user = await client.signIn({
    phone,
    async requestCode(sent) {
      const code = await sentCode(phone, sent);
      if (code === null) throw new ParleyError('FORBIDDEN', 'The server does not tell its codes');
      return code;
    },
  });
  await client.users.updateMe({ display_name: name });
  return { client, id: user.id, name };
}

/** A client whose session lasts as long as the tab. */
export function createDemoClient(key: string): ParleyClient {
  const storage = tabStorage(`demo:${key}:`);
  return createClient({ url: location.origin, storage, transport: 'websocket', device });
}

/** A number of a country code that nobody has (ITU-T E.164: 999 is kept free): no real phone is ever asked. */
function madeUpPhone(): string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return `+999${String(random).padStart(10, '0')}`;
}

function tabStorage(prefix: string): TokenStorage {
  return {
    get: (key) => sessionStorage.getItem(prefix + key),
    set: (key, value) => sessionStorage.setItem(prefix + key, value),
    remove: (key) => sessionStorage.removeItem(prefix + key),
  };
}
