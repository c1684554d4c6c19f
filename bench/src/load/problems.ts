const kept = 20;

/** Things that must never happen: how many, and the first few. */
export class Problems {
  violations = 0;
  readonly firstViolations: string[] = [];

  add(what: unknown): void {
    this.violations += 1;
    if (this.firstViolations.length < kept)
      this.firstViolations.push(what instanceof Error ? what.message : String(what));
  }

  /** As results have them. */
  get told(): { violations: number; firstViolations: string[] } {
    const { violations, firstViolations } = this;
    return { violations, firstViolations };
  }
}
