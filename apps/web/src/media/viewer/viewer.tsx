/** Pictures and videos of a chat, full-screen: arrow keys go from one to the next, + and - make a picture larger, Escape closes. */
import { Dialog } from '@base-ui/react/dialog';
import type { Message } from '@parley/sdk';
import { useClient, useMessages } from '@parley/sdk/react';
import { ChevronLeft, ChevronRight, Download, X, ZoomIn, ZoomOut } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from 'react';
import { formatDayAndTime } from '../../lib/dates.ts';
import { personName } from '../../lib/names.ts';
import { texts } from '../../texts/texts.ts';
import { fileOf } from '../shown.ts';
import { useDownload } from '../use-download.ts';
import { Stage } from './stage.tsx';
import styles from './viewer.module.css';

export interface ViewerProps {
  /** What is shown first. */
  readonly message: Message;
  readonly onClose: () => void;
}

const largestZoom = 4;

export function Viewer({ message, onClose }: ViewerProps) {
  const { messages, participants } = useMessages(message.chat_id);
  const [shownId, show] = useState(message.message_id);
  const [zoom, setZoom] = useState(1);
  const popup = useRef<HTMLDivElement>(null);
  const items = useMemo(() => visuals(messages as readonly Message[], message), [messages, message]);
  const at = Math.max(
    0,
    items.findIndex(({ message_id }) => message_id === shownId),
  );
  const item = items[at] ?? message;
  const go = (to: number) => {
    const next = items[to];
    if (!next) return;
    show(next.message_id);
    setZoom(1);
  };
  const larger = () => setZoom(Math.min(largestZoom, zoom * 2));
  const smaller = () => setZoom(Math.max(1, zoom / 2));
  const onKeyDown = (event: KeyboardEvent) => {
    const action = keys[event.key];
    // The player's own keys stay its own.
    if (!action || event.target instanceof HTMLVideoElement || event.altKey || event.ctrlKey || event.metaKey)
      return;
    event.preventDefault();
    action({ step: (by) => go(at + by), larger, smaller, reset: () => setZoom(1) });
  };
  const sender = participants.find(({ user_id }) => user_id === item.sender_id);
  const { day, time } = formatDayAndTime(item.created_at);
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Popup ref={popup} initialFocus={popup} className={styles.viewer} onKeyDown={onKeyDown}>
          <header className={styles.header}>
            <div className={styles.about}>
              <Dialog.Title className={styles.title}>
                <bdi>{personName(sender?.display_name)}</bdi>
              </Dialog.Title>
              <p className={styles.when}>
                {texts.media.sentAt(day, time)}
                {items.length > 1 && ` · ${texts.media.place(at + 1, items.length)}`}
              </p>
            </div>
            {item.type === 'image' && (
              <>
                <Tool label={texts.media.smaller} onClick={smaller} disabled={zoom <= 1} icon={<ZoomOut />} />
                <Tool
                  label={texts.media.larger}
                  onClick={larger}
                  disabled={zoom >= largestZoom}
                  icon={<ZoomIn />}
                />
              </>
            )}
            <Keep message={item} />
            <Dialog.Close className={styles.tool} aria-label={texts.actions.close}>
              <X aria-hidden />
            </Dialog.Close>
          </header>
          <Stage key={item.message_id} message={item} zoom={zoom} onZoom={setZoom} />
          {at > 0 && (
            <span className={styles.previous}>
              <Tool label={texts.media.previous} onClick={() => go(at - 1)} icon={<ChevronLeft />} />
            </span>
          )}
          {at < items.length - 1 && (
            <span className={styles.next}>
              <Tool label={texts.media.next} onClick={() => go(at + 1)} icon={<ChevronRight />} />
            </span>
          )}
          <Caption text={fileOf(item)?.caption ?? ''} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface Doing {
  /** Goes on by so many. */
  readonly step: (by: number) => void;
  readonly larger: () => void;
  readonly smaller: () => void;
  readonly reset: () => void;
}

const keys: Readonly<Record<string, (doing: Doing) => void>> = {
  // Time goes from left to right, or from right to left where one writes so.
  ArrowLeft: ({ step }) => step(isLeftward() ? 1 : -1),
  ArrowRight: ({ step }) => step(isLeftward() ? -1 : 1),
  '+': ({ larger }) => larger(),
  '=': ({ larger }) => larger(),
  '-': ({ smaller }) => smaller(),
  '0': ({ reset }) => reset(),
};

function isLeftward(): boolean {
  return document.documentElement.dir === 'rtl';
}

/** Those that are held, oldest first; the one that was opened is always among them. */
function visuals(messages: readonly Message[], opened: Message): readonly Message[] {
  const found = messages.filter((message) => {
    return 'message_id' in message && /^(image|video)$/.test(message.type) && message.media !== null;
  });
  return found.some(({ message_id }) => message_id === opened.message_id) ? found : [opened];
}

interface ToolProps {
  readonly label: string;
  readonly icon: ReactNode;
  readonly onClick: () => void;
  readonly disabled?: boolean;
}

function Tool({ label, icon, onClick, disabled = false }: ToolProps) {
  return (
    <button
      type="button"
      className={styles.tool}
      aria-label={label}
      title={label}
      onClick={onClick}
      aria-disabled={disabled}
    >
      {icon}
    </button>
  );
}

function Keep({ message }: { message: Message }) {
  const { start, progress } = useDownload(useClient());
  const { media } = message;
  if (!media) return null;
  const name = media.filename ?? `${message.type}-${message.created_at.slice(0, 10)}`;
  const label = texts.media.download(name);
  return (
    <Tool label={label} icon={<Download />} disabled={progress !== null} onClick={() => start(media, name)} />
  );
}

function Caption({ text }: { text: string }) {
  if (!text) return null;
  return (
    <Dialog.Description className={styles.caption} dir="auto">
      {text}
    </Dialog.Description>
  );
}
