import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
} from 'react';
import { errorText } from '../lib/errors.ts';
import type { Note } from './toaster.tsx';

// Most visits see none.
const Toaster = lazy(async () => ({ default: (await import('./toaster.tsx')).Toaster }));

export interface ToastOptions {
  /** A button on it, like "Undo". */
  readonly action?: { readonly label: string; readonly onClick: () => void } | undefined;
  /** Milliseconds until it goes; 0: it stays until it is dismissed. */
  readonly timeout?: number | undefined;
}

export interface Toasts {
  /** Says something in passing. */
  readonly show: (text: string, options?: ToastOptions) => void;
  /** Says what went wrong, in plain words: for anything that was thrown. */
  readonly error: (error: unknown) => void;
}

const Context = createContext<Toasts | null>(null);

/** Short notes at the edge of the page, which go by themselves. */
export function useToast(): Toasts {
  const toasts = useContext(Context);
  if (!toasts) throw new Error('There is no <ToastProvider> around this component');
  return toasts;
}

/** Once around the app: shows what `useToast` says. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [notes, setNotes] = useState<readonly Note[] | null>(null);
  const count = useRef(0);
  const toasts = useMemo((): Toasts => {
    const add = (note: Omit<Note, 'id'>) => {
      const id = String(++count.current);
      setNotes((others) => [...(others ?? []), { ...note, id }]);
    };
    return {
      show: (text, { action, timeout = 5000 } = {}) => add({ text, action, timeout, urgent: false }),
      error: (error) => add({ text: errorText(error), action: undefined, timeout: 8000, urgent: true }),
    };
  }, []);
  const taken = useCallback((shown: readonly Note[]) => {
    setNotes((all) => all?.filter((note) => !shown.includes(note)) ?? null);
  }, []);
  return (
    <Context value={toasts}>
      {children}
      {notes && (
        <Suspense>
          <Toaster notes={notes} onTaken={taken} />
        </Suspense>
      )}
    </Context>
  );
}
