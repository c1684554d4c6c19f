/** What people think of a message, below its bubble; pressed, it shows who. */
import { Popover } from '@base-ui/react/popover';
import type { Message } from '@parley/sdk';
import { cx } from '../../lib/cx.ts';
import { formatNumber } from '../../lib/numbers.ts';
import { texts } from '../../texts/texts.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { useConversation } from '../context.ts';
import styles from './reactions.module.css';

/** How many different emoji stand there at most. */
const most = 4;

export function Reactions({ message, own }: { message: Message; own: boolean }) {
  const all = Object.entries(message.reactions);
  if (all.length === 0 || message.is_deleted) return null;
  const counts = Object.entries(Object.groupBy(all, ([, emoji]) => emoji))
    .map(([emoji, by]) => ({ emoji, count: by?.length ?? 0 }))
    .sort((a, b) => b.count - a.count);
  const label = counts.map(({ emoji, count }) => texts.conversation.reactionsOf(emoji, count)).join(', ');
  return (
    <Popover.Root>
      <Popover.Trigger className={cx(styles.reactions, own && styles.own)} tabIndex={-1}>
        <span className="visually-hidden">{`${texts.conversation.reactions}: ${label}`}</span>
        {counts.slice(0, most).map(({ emoji }) => (
          <span key={emoji} aria-hidden="true">
            {emoji}
          </span>
        ))}
        {all.length > 1 && (
          <span className={styles.count} aria-hidden="true">
            {formatNumber(all.length)}
          </span>
        )}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner
          side="top"
          align={own ? 'end' : 'start'}
          sideOffset={6}
          className={styles.positioner}
        >
          <Popover.Popup className={styles.popup}>
            <Popover.Title className={styles.title}>{texts.conversation.reactions}</Popover.Title>
            <Who message={message} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Who({ message }: { message: Message }) {
  const { me, nameOf, faceOf, react } = useConversation();
  const all = Object.entries(message.reactions).sort(([a], [b]) => Number(b === me) - Number(a === me));
  return (
    <ul className={styles.who}>
      {all.map(([userId, emoji]) => {
        const face = <Avatar id={userId} name={nameOf(userId)} url={faceOf(userId)} size={32} />;
        const name = (
          <span className={styles.name}>
            <span dir="auto">{nameOf(userId)}</span>
            {userId === me && <span className={styles.hint}>{texts.conversation.takeBack}</span>}
          </span>
        );
        return (
          <li key={userId}>
            {userId === me ? (
              <Popover.Close className={styles.person} onClick={() => react(message, null)}>
                {face} {name} <span className={styles.emoji}>{emoji}</span>
              </Popover.Close>
            ) : (
              <div className={styles.person}>
                {face} {name} <span className={styles.emoji}>{emoji}</span>
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
