/** Finds somebody by their phone number and makes them a contact. */
import { type SubmitEvent, useId, useState } from 'react';
import { errorText } from '../lib/errors.ts';
import { toE164 } from '../lib/phone.ts';
import { texts } from '../texts/texts.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/text-field.tsx';
import type { Person } from './people-picker.tsx';
import { useHome } from './use-home.ts';
import { useLookup } from './use-lookup.ts';

interface AddByNumberProps {
  readonly onFound: (person: Person) => void;
  readonly onClose: () => void;
}

export function AddByNumber({ onFound, onClose }: AddByNumberProps) {
  const [written, setWritten] = useState('');
  const [invalid, setInvalid] = useState(false);
  const lookup = useLookup();
  const home = useHome();
  const form = useId();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const phone = toE164(written, home);
    setInvalid(!phone);
    const found = phone && (await lookup.find(phone));
    if (found) onFound(found);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={texts.people.addByNumber}
      description={texts.people.addByNumberHint}
      actions={
        <Button variant="primary" type="submit" form={form} busy={lookup.busy}>
          {texts.people.find}
        </Button>
      }
    >
      <form id={form} onSubmit={submit} noValidate>
        <TextField
          label={texts.people.phone}
          type="tel"
          autoComplete="off"
          dir="ltr"
          placeholder="+49 151 1234567"
          value={written}
          error={problemOf(lookup, invalid)}
          onChange={({ currentTarget }) => {
            setWritten(currentTarget.value);
            setInvalid(false);
            lookup.reset();
          }}
        />
      </form>
    </Dialog>
  );
}

function problemOf({ nobody, error }: ReturnType<typeof useLookup>, invalid: boolean): string | undefined {
  if (invalid) return texts.people.phoneInvalid;
  if (nobody) return texts.people.nobodyHas(nobody);
  return error ? errorText(error) : undefined;
}
