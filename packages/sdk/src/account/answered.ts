import type { OutputOf } from '@parley/contract';
import type { Account } from './account.ts';

/** Shows at once what a call of the user's has answered of what is the user's own. */
export function accountAnswered(account: Account, path: string, output: unknown): void {
  if (path === 'users.updateMe') account.set({ profile: output as OutputOf<'users.updateMe'> });
  else if (path === 'users.updatePrivacy')
    account.set({ privacy: output as OutputOf<'users.updatePrivacy'> });
  else if (path === 'users.block' || path === 'users.unblock') {
    const { user_id, blocked } = output as OutputOf<'users.block'>;
    account.setBlocked(user_id, blocked);
  }
}
