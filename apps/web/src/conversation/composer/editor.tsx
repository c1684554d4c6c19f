/** The field itself: grows with its text up to six lines; Enter sends, and on phones begins a new line. */
import { type KeyboardEvent, type RefObject, useLayoutEffect } from 'react';
import { texts } from '../../texts/texts.ts';
import styles from './composer.module.css';

/** Phones and tablets have a button to send, and no Shift at hand. */
export const touch = matchMedia('(hover: none) and (pointer: coarse)');

interface EditorProps {
  readonly ref: RefObject<HTMLTextAreaElement | null>;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onSubmit: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onBlur: () => void;
  /** A caption is written, not a message. */
  readonly caption: boolean;
}

export function Editor({ ref, value, onChange, onSubmit, onKeyDown, onBlur, caption }: EditorProps) {
  const { placeholder, captionPlaceholder } = texts.conversation;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows from the text
  useLayoutEffect(() => {
    const field = ref.current;
    if (!field) return;
    field.style.blockSize = 'auto';
    field.style.blockSize = `${field.scrollHeight}px`;
  }, [ref, value]);
  const pressed = (event: KeyboardEvent) => {
    // What an input method composes is not finished yet.
    const plain = !event.shiftKey && !event.altKey && !event.nativeEvent.isComposing;
    if (event.key === 'Enter' && plain && (!touch.matches || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onSubmit();
    } else onKeyDown(event);
  };
  return (
    <textarea
      ref={ref}
      className={styles.editor}
      rows={1}
      // What is not written yet stands as the page does.
      dir={value === '' ? undefined : 'auto'}
      value={value}
      placeholder={caption ? captionPlaceholder : placeholder}
      aria-label={caption ? captionPlaceholder : placeholder}
      enterKeyHint={touch.matches ? 'enter' : 'send'}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={pressed}
      onBlur={onBlur}
    />
  );
}
