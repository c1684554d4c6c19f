/** Whether two values of JSON say the same. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(Reflect.get(a, key), Reflect.get(b, key)))
  );
}

/** The older value where both say the same, so that those who compare references see that nothing changed. */
export function keep<T>(older: T, newer: T): T {
  return same(older, newer) ? older : newer;
}

/** The older list where it has the same members in the same order. */
export function keepList<T>(older: readonly T[], newer: readonly T[]): readonly T[] {
  return older.length === newer.length && older.every((value, at) => value === newer[at]) ? older : newer;
}
