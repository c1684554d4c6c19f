/** Stands for a method of a port that no test here needs. */
export function unused(): never {
  throw new Error('not needed here');
}
