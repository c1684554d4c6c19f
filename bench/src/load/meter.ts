import { Histogram } from '../histogram.ts';

const KEPT = 20;

/** What all pairs of a row count into. Nothing but violations counts outside the measured period. */
export class Meter {
  /** Send to the recipient's message.new; of messages sent in the period, however late they arrive. */
  readonly delivery = new Histogram();
  /** Send to the sender's message.sent. */
  readonly acceptance = new Histogram();
  /** How late the generator itself sent, against the schedule of an open loop. */
  readonly lag = new Histogram();
  accepted = 0;
  delivered = 0;
  crossed = 0;
  overtaken = 0;
  statusFrames = 0;
  readonly deliveredEachSecond: number[] = [];
  violations = 0;
  readonly firstViolations: string[] = [];
  #measuring = false;
  #from = 0;
  #until = 0;

  get measuring(): boolean {
    return this.#measuring;
  }

  get seconds(): number {
    return (this.#until - this.#from) / 1000;
  }

  begin(now: number): void {
    this.#from = now;
    this.#measuring = true;
  }

  end(now: number): void {
    this.#until = now;
    this.#measuring = false;
  }

  countAccepted(): void {
    if (this.#measuring) this.accepted += 1;
  }

  countDelivered(now: number, crosses: boolean): void {
    if (!this.#measuring) return;
    this.delivered += 1;
    if (crosses) this.crossed += 1;
    const second = Math.floor((now - this.#from) / 1000);
    while (this.deliveredEachSecond.length <= second) this.deliveredEachSecond.push(0);
    this.deliveredEachSecond[second] = (this.deliveredEachSecond[second] ?? 0) + 1;
  }

  countOvertaken(): void {
    if (this.#measuring) this.overtaken += 1;
  }

  countStatus(): void {
    if (this.#measuring) this.statusFrames += 1;
  }

  /** Something that must never happen: one of them makes the row fail. */
  violation(what: string): void {
    this.violations += 1;
    if (this.firstViolations.length < KEPT) this.firstViolations.push(what);
  }
}
