/** Who got one's message and who has read it, and when. */
import type { OutputOf, ParleyError, Participant } from '@parley/sdk';
import { useClient } from '@parley/sdk/react';
import { useEffect, useState } from 'react';
import { formatDayAndTime } from '../lib/dates.ts';
import { errorText } from '../lib/errors.ts';
import { personName } from '../lib/names.ts';
import { texts } from '../texts/texts.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Loading } from '../ui/spinner.tsx';
import styles from './read-by.module.css';
import { usePeopleOf } from './use-people-of.ts';

type Receipt = OutputOf<'messages.receipts'>['receipts'][number];

export interface ReadByProps {
  readonly messageId: string;
  /** Where the message is: its members' names need not be asked for then. */
  readonly chatId?: string | undefined;
  readonly onClose: () => void;
}

export function ReadBy({ messageId, chatId, onClose }: ReadByProps) {
  const { receipts, error } = useReceipts(messageId);
  const people = usePeopleOf(chatId, receipts);
  const parts = [
    { title: texts.groups.readBy, of: receipts?.filter(({ status }) => status === 'read') },
    { title: texts.groups.deliveredTo, of: receipts?.filter(({ status }) => status === 'delivered') },
    { title: texts.groups.sentTo, of: receipts?.filter(({ status }) => status === 'sent') },
  ];
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={texts.groups.receipts}>
      {error && <p role="alert">{errorText(error)}</p>}
      {!receipts && !error && <Loading />}
      {parts.map(({ title, of = [] }) => of.length > 0 && <Part key={title} {...{ title, of, people }} />)}
      {receipts?.length === 0 && <p>{texts.groups.noReceipts}</p>}
    </Dialog>
  );
}

interface PartProps {
  readonly title: string;
  readonly of: readonly Receipt[];
  readonly people: ReadonlyMap<string, Pick<Participant, 'display_name' | 'avatar_url'>>;
}

function Part({ title, of, people }: PartProps) {
  return (
    <section className={styles.part}>
      <h3 className={styles.heading}>{title}</h3>
      <ul>
        {of.map(({ user_id, read_at, delivered_at }) => {
          const person = people.get(user_id);
          const name = personName(person?.display_name);
          return (
            <li key={user_id} className={styles.row}>
              <Avatar id={user_id} name={name} url={person?.avatar_url} size={40} />
              <span className={styles.name}>
                <bdi>{name}</bdi>
                {read_at && delivered_at && (
                  <span className={styles.also}>{texts.groups.deliveredAt(timeText(delivered_at))}</span>
                )}
              </span>
              <span className={styles.time}>{timeText(read_at ?? delivered_at)}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function timeText(at: string | null): string {
  if (!at) return '';
  const { day, time } = formatDayAndTime(at);
  return texts.groups.at(day, time);
}

/** Asked for again whenever somebody gets or reads something, as long as they are shown. */
function useReceipts(messageId: string) {
  const client = useClient();
  const [state, setState] = useState<{ receipts: readonly Receipt[] | null; error: ParleyError | null }>({
    receipts: null,
    error: null,
  });
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const load = async () => {
      try {
        const { receipts } = await client.messages.receipts({ id: messageId }, { signal });
        setState({ receipts, error: null });
      } catch (cause) {
        // The client rejects with nothing else.
        if (!signal.aborted) setState(({ receipts }) => ({ receipts, error: cause as ParleyError }));
      }
    };
    void load();
    let due: ReturnType<typeof setTimeout> | undefined;
    const forget = client.realtime.on('message.status', () => {
      clearTimeout(due);
      due = setTimeout(load, 500);
    });
    return () => {
      forget();
      clearTimeout(due);
      controller.abort();
    };
  }, [client, messageId]);
  return state;
}
