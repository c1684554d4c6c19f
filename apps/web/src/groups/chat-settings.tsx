/** What is set for one chat: for oneself the mute, for all of it the timer of messages. */
import type { ChatSummary, InputOf } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { Bell, BellOff, Search, Timer } from 'lucide-react';
import { useLocation } from 'wouter';
import { formatDayAndTime } from '../lib/dates.ts';
import { Choice } from '../settings/choice.tsx';
import { texts } from '../texts/texts.ts';
import { ListRow } from '../ui/list-row.tsx';
import styles from './info.module.css';
import { InfoSection } from './info-head.tsx';

type Seconds = InputOf<'chats.setDisappearing'>['auto_delete_seconds'];

interface ChatSettingsProps {
  readonly chat: ChatSummary;
  /** Whether one may let messages disappear. */
  readonly maySetTimer: boolean;
}

const hour = 3_600_000;

/** `always` has no end; `until` is a time that was set before. */
type Mute = 'off' | '8h' | 'week' | 'always' | 'until';

export function ChatSettings({ chat, maySetTimer }: ChatSettingsProps) {
  const client = useClient();
  const [, navigate] = useLocation();
  const { chat_id, auto_delete_seconds } = chat;
  const timer = (seconds: Seconds) =>
    client.chats.setDisappearing({ id: chat_id, auto_delete_seconds: seconds });
  return (
    <InfoSection>
      <ListRow
        before={<Search className={styles.icon} aria-hidden />}
        title={texts.groups.searchHere}
        onClick={() => navigate(`/c/${chat_id}/search`)}
      />
      <MuteChoice chat={chat} />
      <Choice<Seconds>
        icon={<Timer className={styles.icon} aria-hidden />}
        label={texts.groups.disappearing}
        hint={texts.groups.disappearingHint}
        value={auto_delete_seconds}
        disabled={!maySetTimer}
        options={[
          { value: 0, label: texts.groups.never },
          { value: 86_400, label: texts.groups.afterDay },
          { value: 604_800, label: texts.groups.afterWeek },
          { value: 7_776_000, label: texts.groups.after90Days },
        ]}
        onChoose={timer}
      />
    </InfoSection>
  );
}

function MuteChoice({ chat }: { chat: ChatSummary }) {
  const client = useClient();
  const { chat_id, is_muted, mute_until } = chat;
  const now: Mute = is_muted ? (mute_until ? 'until' : 'always') : 'off';
  const until = mute_until ? formatDayAndTime(mute_until) : null;
  const Icon = is_muted ? BellOff : Bell;
  const untilText = until ? texts.groups.mutedUntil(until.day, until.time) : '';
  const mute = (chosen: Mute) => {
    if (chosen === 'until') return;
    const length = chosen === '8h' ? 8 * hour : chosen === 'week' ? 7 * 24 * hour : null;
    const mute_until = length ? new Date(Date.now() + length).toISOString() : null;
    return client.chats.mute({ id: chat_id, is_muted: chosen !== 'off', mute_until });
  };
  return (
    <Choice<Mute>
      icon={<Icon className={styles.icon} aria-hidden />}
      label={texts.groups.mute}
      hint={texts.groups.muteHint}
      value={now}
      options={[
        { value: 'off', label: texts.groups.notMuted },
        ...(until ? [{ value: 'until' as const, label: untilText }] : []),
        { value: '8h', label: texts.groups.mute8h },
        { value: 'week', label: texts.groups.muteWeek },
        { value: 'always', label: texts.groups.muteAlways },
      ]}
      onChoose={mute}
    />
  );
}
