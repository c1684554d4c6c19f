/**
 * How a list of rows becomes another one. A virtual list keeps its place where rows change at one end at a time: it must be told of
 * rows that come or go at the start (`shift`). A view of bounded size changes at both ends at once, so that is done in two steps.
 */
import type { Row } from './rows.ts';

export interface Stage {
  readonly rows: readonly Row[];
  /** Rows came or went at the start: the list keeps its distance from the end. */
  readonly shift: boolean;
  /** The rows have nothing in common with those before: the list begins anew. */
  readonly anew: boolean;
}

/** The steps from the rows that are shown to the next ones; the last step shows the next ones. */
export function stagesOf(shown: readonly Row[], next: readonly Row[]): readonly Stage[] {
  if (shown === next) return [];
  const last: Stage = { rows: next, shift: false, anew: false };
  if (shown.length === 0 || next.length === 0) return [{ ...last, anew: true }];
  const inNext = new Set(next.map(({ key }) => key));
  const firstKept = shown.findIndex(({ key }) => inNext.has(key));
  if (firstKept === -1) return [{ ...last, anew: true }];
  const inShown = new Set(shown.map(({ key }) => key));
  const prepended = next.findIndex(({ key }) => inShown.has(key));
  const dropped = prepended > 0 ? 0 : firstKept;
  const atStart = prepended > 0 || dropped > 0;
  if (!atStart) return [last];
  const lastKept = shown.findLastIndex(({ key }) => inNext.has(key));
  const lastKnown = next.findLastIndex(({ key }) => inShown.has(key));
  const cut = shown.slice(lastKept + 1);
  const appended = next.length - 1 - lastKnown;
  if (cut.length === 0 && appended === 0) return [{ ...last, shift: true }];
  // First what comes, at the end in view or above it; then what goes.
  if (dropped > 0) {
    const both = [...shown.slice(0, dropped), ...next];
    return [
      { ...last, rows: both },
      { ...last, shift: true },
    ];
  }
  return [{ ...last, rows: [...next.slice(0, lastKnown + 1), ...cut], shift: true }, { ...last }];
}
