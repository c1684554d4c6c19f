import { EmojiPicker } from 'frimousse';
import { texts } from '../../texts/texts.ts';
import { loadEmoji } from './data.ts';
import styles from './emoji.module.css';

const components = {
  CategoryHeader: ({ category, ...rest }: { category: { label: string } }) => (
    <div className={styles.category} {...rest}>
      {category.label}
    </div>
  ),
};

export function Picker({ onPick }: { onPick: (emoji: string) => void }) {
  const { emojiSearch, emojiLoading, emojiNone } = texts.conversation;
  return (
    <EmojiPicker.Root
      className={styles.picker ?? ''}
      columns={8}
      resolveEmojiData={loadEmoji}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <div className={styles.top}>
        <EmojiPicker.Search
          className={styles.search ?? ''}
          placeholder={emojiSearch}
          aria-label={emojiSearch}
          autoFocus={matchMedia('(hover: hover)').matches}
        />
        <EmojiPicker.SkinToneSelector className={styles.tone ?? ''} />
      </div>
      <EmojiPicker.Viewport className={styles.viewport ?? ''}>
        <EmojiPicker.Loading className={styles.note ?? ''}>{emojiLoading}</EmojiPicker.Loading>
        <EmojiPicker.Empty className={styles.note ?? ''}>{emojiNone}</EmojiPicker.Empty>
        <EmojiPicker.List className={styles.list ?? ''} components={components} />
      </EmojiPicker.Viewport>
    </EmojiPicker.Root>
  );
}
