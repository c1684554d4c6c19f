/** One of several: a row that says what is chosen, and a dialog to choose something else. */
import { ChevronRight } from 'lucide-react';
import { type ReactNode, type SubmitEvent, useId, useState } from 'react';
import { errorText } from '../lib/errors.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ListRow } from '../ui/list-row.tsx';
import styles from './choice.module.css';

export interface ChoiceOption<T> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string | undefined;
}

export interface ChoiceProps<T> {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly icon?: ReactNode;
  /** Undefined until it is known. */
  readonly value: T | undefined;
  /** In place of the chosen option's own. */
  readonly valueText?: string | undefined;
  readonly options: readonly ChoiceOption<T>[];
  readonly disabled?: boolean | undefined;
  /** Changes it; the dialog shows what it rejects with. */
  readonly onChoose: (value: T) => Promise<unknown> | undefined;
}

export function Choice<T extends string | number>(props: ChoiceProps<T>) {
  const { label, icon, value, options, disabled } = props;
  const [open, setOpen] = useState(false);
  const chosen = options.find((option) => option.value === value);
  return (
    <>
      <ListRow
        before={icon}
        title={label}
        subtitle={props.valueText ?? chosen?.label ?? ''}
        after={<ChevronRight size={18} className={styles.chevron} aria-hidden />}
        disabled={disabled || value === undefined}
        onClick={() => setOpen(true)}
      />
      {open && <ChoiceDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function ChoiceDialog<T extends string | number>(props: ChoiceProps<T> & { onClose: () => void }) {
  const { label, hint, value, options, onChoose, onClose } = props;
  const [draft, setDraft] = useState(value);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const id = useId();
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (draft === undefined) return;
    setBusy(true);
    setError(null);
    try {
      await onChoose(draft);
      onClose();
    } catch (cause) {
      setError(errorText(cause));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={label}
      description={hint}
      actions={
        <Button variant="primary" type="submit" form={id} busy={busy}>
          {texts.actions.save}
        </Button>
      }
    >
      <form id={id} onSubmit={save}>
        <fieldset className={styles.options}>
          <legend className="visually-hidden">{label}</legend>
          {options.map((option) => (
            <label key={option.value} className={styles.option}>
              <input
                type="radio"
                name={id}
                checked={draft === option.value}
                onChange={() => setDraft(option.value)}
              />
              <span>
                {option.label}
                {option.hint && <span className={styles.hint}>{option.hint}</span>}
              </span>
            </label>
          ))}
        </fieldset>
        <div role="alert">{error && <p className={styles.error}>{error}</p>}</div>
      </form>
    </Dialog>
  );
}
