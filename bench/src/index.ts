/** The parts of the benchmark that other programs of the project may want. */
export { Histogram, type Summary } from './histogram.ts';
export type { Results } from './report.ts';
export type { GroupRow, IdleRow, MessagesRow, RestRow, Row } from './rows.ts';
