/** Privacy settings (contract section 2, Users). */
import type { InputOf, OutputOf } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { publishTold, tellUser } from './telling.ts';

/** The caller's settings; the defaults where none were made. Errors: `SERVICE_UNAVAILABLE`. */
export function getPrivacy(
  core: Pick<Core, 'privacy'>,
  caller: Caller,
): Promise<OutputOf<'users.getPrivacy'>> {
  return core.privacy.find(caller.userId);
}

/**
 * Changes the given settings and leaves the others. Nothing caches them: they hold for the next look, and those who watch are told by
 * `user.updated`. Errors: `SERVICE_UNAVAILABLE`.
 */
export async function updatePrivacy(
  core: Pick<Core, 'privacy' | 'publisher' | 'clock'>,
  caller: Caller,
  input: InputOf<'users.updatePrivacy'>,
): Promise<OutputOf<'users.updatePrivacy'>> {
  const tell = tellUser(core, caller, { kind: 'privacy' });
  const { privacy, told } = await core.privacy.update(caller.userId, given(input), tell);
  publishTold(core, told);
  return privacy;
}

/** Without the fields that are there but undefined. */
function given<T extends object>(patch: { [K in keyof T]?: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as Partial<T>;
}
