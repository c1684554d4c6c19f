/** `GET /ready`: each dependency by name, with a bounded wait (contract section 2, Health). */
export interface CheckResult {
  ok: boolean;
  /** Milliseconds the check took. */
  ms: number;
}

export class Readiness {
  readonly #checks = new Map<string, () => Promise<unknown>>();
  readonly #timeoutMs: number;
  #draining = false;

  constructor(timeoutMs = 2_000) {
    this.#timeoutMs = timeoutMs;
  }

  /** Adds a dependency; the check fails by throwing. */
  add(name: string, check: () => Promise<unknown>): void {
    this.#checks.set(name, check);
  }

  /** From now on not ready, whatever the checks say: the program is stopping. */
  drain(): void {
    this.#draining = true;
  }

  async report(): Promise<{ ready: boolean; draining: boolean; checks: Record<string, CheckResult> }> {
    const checks: Record<string, CheckResult> = {};
    await Promise.all(
      [...this.#checks].map(async ([name, check]) => {
        const started = performance.now();
        const ok = await this.#bounded(check).then(
          () => true,
          () => false,
        );
        checks[name] = { ok, ms: Math.round((performance.now() - started) * 10) / 10 };
      }),
    );
    const ready = !this.#draining && Object.values(checks).every((result) => result.ok);
    return { ready, draining: this.#draining, checks };
  }

  async #bounded(check: () => Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('too slow')), this.#timeoutMs);
    });
    try {
      await Promise.race([check(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
