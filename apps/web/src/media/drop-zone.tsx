/** Around a conversation: files that are dropped on it or pasted into it are sent, and its pictures can be looked at full-screen. */
import type { Message } from '@parley/sdk';
import { FileUp } from 'lucide-react';
import { type ReactNode, useRef, useState } from 'react';
import { texts } from '../texts/texts.ts';
import { SendFiles } from './attach/send-files.tsx';
import styles from './drop-zone.module.css';
import { useDrop } from './use-drop.ts';
import { usePastedFiles } from './use-pasted-files.ts';
import { ViewerContext } from './viewer/context.ts';
import { Viewer } from './viewer/viewer.tsx';

export interface DropZoneProps {
  readonly chatId: string;
  readonly children: ReactNode;
  /** The message that is being answered. */
  readonly replyTo?: string | undefined;
  /** After files were given to be sent. */
  readonly onSent?: (() => void) | undefined;
  /** Where nobody may write: nothing is taken then. */
  readonly disabled?: boolean | undefined;
}

export function DropZone({ chatId, children, replyTo, onSent, disabled = false }: DropZoneProps) {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [opened, open] = useState<Message | null>(null);
  const { over, handlers } = useDrop(setFiles, disabled);
  const zone = useRef<HTMLDivElement>(null);
  usePastedFiles(zone, setFiles, disabled);
  return (
    <ViewerContext.Provider value={open}>
      <div ref={zone} data-takes-files className={styles.zone} {...handlers}>
        {children}
        {over && (
          <div className={styles.over}>
            <FileUp aria-hidden />
            <p>{texts.media.dropHere}</p>
          </div>
        )}
      </div>
      {files.length > 0 && (
        <SendFiles
          chatId={chatId}
          files={files}
          replyTo={replyTo}
          onSent={onSent}
          onClose={() => setFiles([])}
        />
      )}
      {opened && <Viewer message={opened} onClose={() => open(null)} />}
    </ViewerContext.Provider>
  );
}
