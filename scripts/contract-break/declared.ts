/** Breaks that are meant: each as it is reported, with the reason. */
export interface Declared {
  break: string;
  reason: string;
}

export interface Verdict {
  /** Breaks that nobody declared. */
  readonly undeclared: string[];
  /** Declarations of what is no break (any more). */
  readonly stale: string[];
}

/** Reads the file of declared breaks. Errors: it is not of the right form, or a reason is missing. */
export function parseDeclared(text: string): Declared[] {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error('the declared breaks must be a list');
  return list.map((entry: Partial<Declared> | null, index) => {
    const { break: line, reason } = entry ?? {};
    if (typeof line !== 'string' || typeof reason !== 'string' || reason.trim() === '') {
      throw new Error(`declared break ${index + 1} must be { "break", "reason" }, both of them texts`);
    }
    return { break: line, reason };
  });
}

/** Holds what was found against what was declared. */
export function judge(found: readonly string[], declared: readonly Declared[]): Verdict {
  const lines = declared.map((entry) => entry.break);
  return {
    undeclared: found.filter((line) => !lines.includes(line)),
    stale: lines.filter((line) => !found.includes(line)),
  };
}
