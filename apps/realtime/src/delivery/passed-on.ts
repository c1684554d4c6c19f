import type { BusPayload } from '@parley/contract';
import type { MemberNews } from './groups.ts';
import type { WatchNews } from './own.ts';

/** What the instance that takes an event lets others handle as it does itself, because it is not the same for all receivers. */
export interface PassedOn {
  'chat.created': BusPayload<'chat.created'>;
  'group.member.added': MemberNews;
  'group.member.removed': MemberNews;
  'presence.changed': BusPayload<'presence.changed'>;
  'presence.probe': BusPayload<'presence.probe'>;
  watch: WatchNews;
}
