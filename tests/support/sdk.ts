/** People who use the SDK. */
import { createClient, type ParleyClient } from '@parley/sdk';
import { newPhone } from './parley.ts';

/** A client that has signed in with a new phone. */
export async function person(url: string, name: string): Promise<ParleyClient & { id: string }> {
  const client = createClient({ url });
  const user = await client.signIn({
    phone: newPhone(),
    requestCode: async ({ otp_dev }: { otp_dev?: string | undefined }) => otp_dev ?? '',
  });
  await client.users.updateMe({ display_name: name });
  return Object.assign(client, { id: user.id });
}

/** A further client of the same person, signed in by itself. */
export async function secondDevice(url: string, first: ParleyClient): Promise<ParleyClient & { id: string }> {
  const { phone } = await first.users.me();
  const client = createClient({ url });
  const user = await client.signIn({
    phone,
    requestCode: async ({ otp_dev }: { otp_dev?: string | undefined }) => otp_dev ?? '',
  });
  return Object.assign(client, { id: user.id });
}
