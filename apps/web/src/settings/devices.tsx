/** Where one is signed in, and the way to end it there. */
import type { OutputOf, ParleyError } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { Laptop, LogOut, Smartphone } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { formatDate, formatDayAndTime } from '../lib/dates.ts';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import about from '../ui/about.module.css';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { Pane } from '../ui/pane.tsx';
import { Loading } from '../ui/spinner.tsx';
import { useToast } from '../ui/toast.tsx';
import styles from './settings.module.css';

type Session = OutputOf<'auth.sessions'>['sessions'][number];

export function Devices() {
  const client = useClient();
  const { sessions, error, load } = useSessions();
  const [everywhere, setEverywhere] = useState(false);
  const current = sessions?.filter(({ is_current }) => is_current) ?? [];
  const others = sessions?.filter(({ is_current }) => !is_current) ?? [];
  return (
    <Pane title={texts.settings.devices} back="/settings">
      {error && (
        <div role="alert" className={styles.note}>
          <p>{errorText(error)}</p>
          <Button variant="plain" onClick={() => void load()}>
            {texts.actions.retry}
          </Button>
        </div>
      )}
      {!sessions && !error && <Loading />}
      {sessions && (
        <>
          <h3 className={styles.heading}>{texts.settings.thisDevice}</h3>
          <Sessions sessions={current} onEnded={load} />
          <h3 className={styles.heading}>{texts.settings.otherDevices}</h3>
          {others.length === 0 && <p className={styles.quiet}>{texts.settings.noOtherDevices}</p>}
          <Sessions sessions={others} onEnded={load} />
        </>
      )}
      <div className={styles.end}>
        <Button variant="danger" icon={<LogOut size={18} />} onClick={() => setEverywhere(true)}>
          {texts.settings.signOutEverywhere}
        </Button>
      </div>
      <ConfirmDialog
        open={everywhere}
        onOpenChange={setEverywhere}
        title={texts.settings.signOutEverywhereTitle}
        description={texts.settings.signOutEverywhereHint}
        confirm={texts.settings.signOutEverywhere}
        danger
        onConfirm={() => client.signOut({ allDevices: true })}
      />
    </Pane>
  );
}

function Sessions({ sessions, onEnded }: { sessions: readonly Session[]; onEnded: () => Promise<void> }) {
  return (
    <ul>
      {sessions.map((session) => (
        <li key={session.session_id}>
          <Device session={session} onEnded={onEnded} />
        </li>
      ))}
    </ul>
  );
}

function Device({ session, onEnded }: { session: Session; onEnded: () => Promise<void> }) {
  const client = useClient();
  const toast = useToast();
  const [asking, setAsking] = useState(false);
  const { session_id, device, is_current, created_at, last_active_at } = session;
  const name = device.name ?? texts.settings.unknownDevice;
  const Icon = device.platform === 'android' || device.platform === 'ios' ? Smartphone : Laptop;
  const active = formatDayAndTime(last_active_at);
  const end = async () => {
    await client.auth.endSession({ id: session_id });
    toast.show(texts.settings.sessionEnded(name));
    await onEnded();
  };
  return (
    <div className={styles.row}>
      <Icon className={styles.icon} aria-hidden />
      <span className={about.texts}>
        <bdi className={about.name}>{name}</bdi>
        <span className={about.detail}>
          {is_current
            ? texts.settings.signedInAt(formatDate(created_at))
            : texts.settings.activeAt(active.day, active.time)}
        </span>
      </span>
      {!is_current && (
        <IconButton
          label={texts.settings.endSession(name)}
          icon={<LogOut size={20} />}
          onClick={() => setAsking(true)}
        />
      )}
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={texts.settings.endSessionTitle(name)}
        description={texts.settings.endSessionHint}
        confirm={texts.settings.signOut}
        danger
        onConfirm={end}
      />
    </div>
  );
}

function useSessions() {
  const client = useClient();
  const [sessions, setSessions] = useState<readonly Session[] | null>(null);
  const [error, setError] = useState<ParleyError | null>(null);
  const load = useCallback(async () => {
    try {
      const answer = await client.auth.sessions();
      setSessions(answer.sessions);
      setError(null);
    } catch (cause) {
      // The client rejects with nothing else.
      setError(cause as ParleyError);
    }
  }, [client]);
  useEffect(() => void load(), [load]);
  return { sessions, error, load };
}
