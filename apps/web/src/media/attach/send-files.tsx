/** What is about to be sent: looked at, described, and sent or not. */
import { useSend } from '@parley/sdk/react';
import { Plus, Send } from 'lucide-react';
import { type SubmitEvent, useId, useRef, useState } from 'react';
import { texts } from '../../texts/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { accepts, kindOf, refusalOf } from '../kinds.ts';
import { measure } from '../sizes.ts';
import { FilePreview } from './file-preview.tsx';
import styles from './send-files.module.css';

export interface SendFilesProps {
  readonly chatId: string;
  readonly files: readonly File[];
  readonly replyTo?: string | undefined;
  readonly onSent?: (() => void) | undefined;
  readonly onClose: () => void;
}

interface Item {
  readonly id: number;
  readonly file: File;
  readonly caption: string;
}

export function SendFiles({ chatId, files, replyTo, onSent, onClose }: SendFilesProps) {
  const { items, add, remove, describe } = useItems(files);
  const { sendFile } = useSend(chatId);
  const more = useRef<HTMLInputElement>(null);
  const form = useId();
  const good = items.filter(({ file }) => !refusalOf(file));
  const send = async (event: SubmitEvent) => {
    event.preventDefault();
    onClose();
    for (const [index, { file, caption }] of good.entries()) {
      // So that it has its room in the conversation from the beginning.
      await measure(file);
      const type = kindOf(file);
      const text = type === 'audio' ? '' : caption.trim();
      // What goes wrong is shown at the message.
      void sendFile(file, {
        ...(type ? { type } : {}),
        ...(text ? { caption: text } : {}),
        ...(replyTo && index === 0 ? { replyTo } : {}),
      });
    }
    onSent?.();
  };
  const removeOrClose = (id: number) => (items.length === 1 ? onClose() : remove(id));
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={texts.media.sendTitle(items.length)}
      actions={
        <>
          <Button variant="plain" icon={<Plus size={18} />} onClick={() => more.current?.click()}>
            {texts.media.addMore}
          </Button>
          <Button
            variant="primary"
            type="submit"
            form={form}
            icon={<Send size={18} className={styles.send} />}
            disabled={good.length === 0}
          >
            {texts.media.send(good.length)}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={send}>
        <ul className={styles.list}>
          {items.map(({ id, file, caption }) => (
            <li key={id}>
              <FilePreview
                file={file}
                caption={caption}
                onCaption={(text) => describe(id, text)}
                onRemove={() => removeOrClose(id)}
              />
            </li>
          ))}
        </ul>
      </form>
      <input
        ref={more}
        type="file"
        hidden
        multiple
        accept={`${accepts.visual},${accepts.document}`}
        onChange={(event) => {
          add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </Dialog>
  );
}

let ids = 0;

function useItems(files: readonly File[]) {
  const [items, setItems] = useState<readonly Item[]>(() => files.map(item));
  return {
    items,
    add: (more: readonly File[]) => setItems((before) => [...before, ...more.map(item)]),
    remove: (id: number) => setItems((before) => before.filter((other) => other.id !== id)),
    describe: (id: number, caption: string) =>
      setItems((before) => before.map((other) => (other.id === id ? { ...other, caption } : other))),
  };
}

function item(file: File): Item {
  return { id: ++ids, file, caption: '' };
}
