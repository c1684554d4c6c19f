/** Shows notes as toasts: announced, dismissed by a press or a swipe, held while one looks at them. */
import { Toast } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import { useEffect } from 'react';
import { texts } from '../texts/texts.ts';
import { IconButton } from './icon-button.tsx';
import styles from './toast.module.css';
import type { ToastOptions } from './toast.tsx';

export interface Note {
  readonly id: string;
  readonly text: string;
  readonly action: ToastOptions['action'];
  readonly timeout: number;
  /** Whether it is told at once, whatever else is being said. */
  readonly urgent: boolean;
}

export interface ToasterProps {
  readonly notes: readonly Note[];
  /** These are shown now, and need not be given any more. */
  readonly onTaken: (notes: readonly Note[]) => void;
}

export function Toaster(props: ToasterProps) {
  return (
    <Toast.Provider limit={3}>
      <Take {...props} />
      <Toast.Portal>
        <Toast.Viewport className={styles.viewport}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function Take({ notes, onTaken }: ToasterProps) {
  const { add } = Toast.useToastManager();
  useEffect(() => {
    if (notes.length === 0) return;
    for (const { id, text, action, timeout, urgent } of notes) {
      add({
        id,
        description: text,
        timeout,
        type: urgent ? 'error' : 'note',
        priority: urgent ? 'high' : 'low',
        ...(action ? { actionProps: { children: action.label, onClick: action.onClick } } : {}),
      });
    }
    onTaken(notes);
  }, [notes, onTaken, add]);
  return null;
}

function List() {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root
      key={toast.id}
      toast={toast}
      className={styles.toast}
      swipeDirection={['down', 'left', 'right']}
    >
      <Toast.Content className={styles.content}>
        <Toast.Description className={styles.text} />
        {toast.actionProps && <Toast.Action className={styles.action} />}
        <Toast.Close
          render={<IconButton label={texts.actions.dismiss} icon={<X size={18} />} size="s" />}
          className={styles.close}
        />
      </Toast.Content>
    </Toast.Root>
  ));
}
