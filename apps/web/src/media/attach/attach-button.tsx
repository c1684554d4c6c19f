/** The button beside what one writes: photos and videos, documents, a place. */
import { File, Image, MapPin, Paperclip } from 'lucide-react';
import { type ChangeEvent, useRef, useState } from 'react';
import { texts } from '../../texts/texts.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Menu, MenuItem } from '../../ui/menu.tsx';
import { accepts } from '../kinds.ts';
import { SendFiles } from './send-files.tsx';
import { SendLocation } from './send-location.tsx';

export interface AttachButtonProps {
  readonly chatId: string;
  /** The message that is being answered. */
  readonly replyTo?: string | undefined;
  /** After something was given to be sent. */
  readonly onSent?: (() => void) | undefined;
}

export function AttachButton({ chatId, replyTo, onSent }: AttachButtonProps) {
  const visual = useRef<HTMLInputElement>(null);
  const documents = useRef<HTMLInputElement>(null);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [placing, setPlacing] = useState(false);
  const pick = (event: ChangeEvent<HTMLInputElement>) => {
    setFiles([...(event.currentTarget.files ?? [])]);
    // The same file can be picked again.
    event.currentTarget.value = '';
  };
  const sending = { chatId, replyTo, onSent };
  return (
    <>
      <Menu
        align="start"
        side="top"
        trigger={<IconButton label={texts.media.attach} icon={<Paperclip size={22} />} />}
      >
        <MenuItem icon={<Image size={20} />} onClick={() => visual.current?.click()}>
          {texts.media.photosAndVideos}
        </MenuItem>
        <MenuItem icon={<File size={20} />} onClick={() => documents.current?.click()}>
          {texts.media.document}
        </MenuItem>
        <MenuItem icon={<MapPin size={20} />} onClick={() => setPlacing(true)}>
          {texts.media.location}
        </MenuItem>
      </Menu>
      <input ref={visual} type="file" hidden multiple accept={accepts.visual} onChange={pick} />
      <input ref={documents} type="file" hidden multiple accept={accepts.document} onChange={pick} />
      {files.length > 0 && <SendFiles {...sending} files={files} onClose={() => setFiles([])} />}
      {placing && <SendLocation {...sending} onClose={() => setPlacing(false)} />}
    </>
  );
}
