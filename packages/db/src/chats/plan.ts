/** What a decision comes to: which numbers its changes get, and where rows stand after it. */
import type { ChatDecision, ChatRecord, ChatSettings, Member, MemberChange } from '@parley/core';

/** Where a member's row stands after a change. */
export interface PlannedMember {
  userId: string;
  role: Member['role'];
  /** Null where only the role changes. */
  moved: 'join' | 'leave' | null;
  /** The chat's `state_version` of the last change of this row. */
  version: number;
}

export interface ChangePlan {
  /** The chat's `state_version` after it. */
  version: number;
  /** Those that change, with their new values; together they get the last number. */
  settings: Partial<ChatSettings>;
  settingsVersion: number | null;
  /** Those that change something, in the order given. */
  members: (MemberChange & { stateVersion: number })[];
  rows: PlannedMember[];
}

/**
 * Numbers a decision's changes. Errors: a plain Error for what the decision could know to be wrong on the state it saw: a join of
 * a member, a leave or role of somebody who is none, members or group settings of a direct chat, two moves of one user.
 */
export function planChange(chat: ChatRecord, decision: ChatDecision<unknown>): ChangePlan {
  const { members, rows } = planMembers(chat, decision.members ?? []);
  const settings = planSettings(chat, decision.settings ?? {});
  const afterMembers = chat.state_version + members.length;
  const settingsVersion = Object.keys(settings).length > 0 ? afterMembers + 1 : null;
  return { version: settingsVersion ?? afterMembers, settings, settingsVersion, members, rows };
}

function planMembers(
  chat: ChatRecord,
  changes: readonly MemberChange[],
): Pick<ChangePlan, 'members' | 'rows'> {
  if (chat.type === 'direct' && changes.length > 0)
    throw new Error('the members of a direct chat never change');
  const members: ChangePlan['members'] = [];
  const rows = new Map<string, PlannedMember>();
  for (const change of changes) {
    const { userId } = change;
    const before = chat.members.get(userId);
    const row = rows.get(userId) ?? { userId, role: before?.role ?? 'member', moved: null, version: 0 };
    const isMember = row.moved === null ? before?.left_seq === null : row.moved === 'join';
    if (isMember && change.kind === 'join') throw new Error('a join of a member');
    if (!isMember && change.kind !== 'join') throw new Error(`a ${change.kind} of who is no member`);
    if (change.kind !== 'role' && row.moved !== null) throw new Error('one change moves a user once');
    if (change.kind === 'role' && change.role === row.role) continue;

    const stateVersion = chat.state_version + members.length + 1;
    members.push({ ...change, stateVersion });
    rows.set(userId, {
      userId,
      role: change.kind === 'leave' ? row.role : change.role,
      moved: change.kind === 'role' ? row.moved : change.kind,
      version: stateVersion,
    });
  }
  return { members, rows: [...rows.values()] };
}

function planSettings(chat: ChatRecord, patch: Partial<ChatSettings>): Partial<ChatSettings> {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  if (chat.type === 'direct' && given.some(([key]) => key !== 'auto_delete_seconds')) {
    throw new Error('a direct chat has no settings of groups');
  }
  return Object.fromEntries(given.filter(([key, value]) => chat[key as keyof ChatSettings] !== value));
}
