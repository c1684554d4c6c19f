/** Many small queries without taking all connections. */

/** Does something for each, at most `width` at a time; answers in the order given. The first error is thrown, and nothing more begun. */
export async function inTurns<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const answers: R[] = [];
  let next = 0;
  let failed = false;
  const turn = async () => {
    for (let index = next++; index < items.length && !failed; index = next++) {
      try {
        answers[index] = await work(items[index] as T, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, turn));
  return answers;
}
