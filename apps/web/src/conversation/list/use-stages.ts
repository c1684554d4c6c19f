/** The rows that the list shows now, on their way to those that it is given (see `../model/stages.ts`). */
import { useLayoutEffect, useState } from 'react';
import type { Row } from '../model/rows.ts';
import { type Stage, stagesOf } from '../model/stages.ts';

interface Shown extends Stage {
  /** Counts how often the list began anew. */
  readonly generation: number;
}

/** All steps are done before the browser paints. */
export function useStages(rows: readonly Row[]): Shown {
  const [shown, setShown] = useState<Shown>({ rows, shift: false, anew: false, generation: 0 });
  const [step] = stagesOf(shown.rows, rows);
  const now = step ? { ...step, generation: shown.generation + (step.anew ? 1 : 0) } : shown;
  useLayoutEffect(() => {
    if (now !== shown) setShown(now);
  });
  return now;
}
