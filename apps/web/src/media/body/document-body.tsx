/** A document in a conversation: what it is called and how large, and the way to keep it. */
import { useClient } from '@parley/sdk/react';
import { Download, FileArchive, FileSpreadsheet, FileText, Presentation } from 'lucide-react';
import { errorText } from '../../lib/errors.ts';
import { formatBytes } from '../../lib/numbers.ts';
import { texts } from '../../texts/texts.ts';
import type { Sending, ShownFile, ShownMessage } from '../shown.ts';
import { useDownload } from '../use-download.ts';
import styles from './document-body.module.css';
import { Ring, Transfer } from './transfer.tsx';

interface DocumentProps {
  readonly message: ShownMessage;
  readonly file: ShownFile;
  readonly sending: Sending | null;
}

export function DocumentBody({ message, file, sending }: DocumentProps) {
  const { media, name, sizeBytes } = file;
  const { start, stop, progress, error } = useDownload(useClient());
  const ending = endingOf(name);
  const Icon = icons[ending] ?? FileText;
  return (
    <div className={styles.document}>
      <span className={styles.icon}>
        <Icon aria-hidden />
      </span>
      <span className={styles.about}>
        <span className={styles.name} title={name}>
          <bdi>{name || texts.media.document}</bdi>
        </span>
        <span className={styles.detail} role={error ? 'alert' : undefined}>
          {error ? errorText(error) : detailOf(ending, sizeBytes, media === null && file.own === null)}
        </span>
      </span>
      {sending && <Transfer chatId={message.chat_id} sending={sending} />}
      {!sending && media && (
        <span className={styles.action}>
          {progress && <Ring part={progress.total > 0 ? progress.loaded / progress.total : null} />}
          <button
            type="button"
            className={styles.button}
            aria-label={progress ? texts.media.cancelDownload : texts.media.download(name)}
            onClick={() => (progress ? stop() : start(media, name))}
          >
            <Download aria-hidden />
          </button>
        </span>
      )}
    </div>
  );
}

function detailOf(ending: string, bytes: number, gone: boolean): string {
  if (gone) return texts.media.gone;
  return [ending.toUpperCase(), formatBytes(bytes)].filter(Boolean).join(' · ');
}

function endingOf(name: string): string {
  return /\.(\w{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? '';
}

const icons: Readonly<Record<string, typeof FileText>> = {
  zip: FileArchive,
  xls: FileSpreadsheet,
  xlsx: FileSpreadsheet,
  ppt: Presentation,
  pptx: Presentation,
};
