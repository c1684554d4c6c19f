/** What somebody wrote: text and nothing else, with its line breaks; addresses in it are links. */
import Linkify from 'linkify-react';
import type { Opts } from 'linkifyjs';
import { type ReactNode, useState } from 'react';
import { cx } from '../../lib/cx.ts';
import { texts } from '../../texts/texts.ts';
import styles from './text-body.module.css';

/** Code points and lines beyond which a text is cut until one asks for the rest. */
const most = { points: 1200, lines: 24 };

const links: Opts = {
  target: '_blank',
  rel: 'noopener noreferrer nofollow',
  defaultProtocol: 'https',
  // A word with a dot is no address unless it says so: "see you.ok" stays text.
  validate: { url: (value) => /^(?:https?:\/\/|www\.)/i.test(value) },
  className: styles.link ?? '',
};

interface TextBodyProps {
  readonly text: string;
  /** How many emoji it is, if nothing else; 0 otherwise. */
  readonly emoji: number;
  /** Whether it may be cut. */
  readonly long: boolean;
  /** What stands at the end of its last line. */
  readonly children: ReactNode;
}

export function TextBody({ text, emoji, long, children }: TextBodyProps) {
  const [whole, setWhole] = useState(false);
  const shown = long && !whole ? cut(text) : text;
  return (
    <div
      className={cx(styles.text, emoji > 0 && styles.emoji, emoji > 0 && emoji <= 3 && styles.large)}
      dir="auto"
      data-text=""
    >
      <Linkify options={links}>{shown}</Linkify>
      {shown !== text && (
        <>
          {'… '}
          <button type="button" className={styles.more} onClick={() => setWhole(true)}>
            {texts.conversation.readMore}
          </button>
        </>
      )}
      {children}
    </div>
  );
}

/** The beginning of a text that is too long to be shown at once; others as they are. */
function cut(text: string): string {
  const lines = text.split('\n');
  const fewer = lines.length > most.lines ? lines.slice(0, most.lines).join('\n') : text;
  // Code units are at least as many as code points.
  if (fewer.length <= most.points) return fewer;
  const points = [...fewer];
  return points.length > most.points ? points.slice(0, most.points).join('') : fewer;
}
