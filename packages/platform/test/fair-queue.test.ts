import { expect, it } from 'vitest';
import { FairQueue } from '../src/fair-queue.ts';

/** Work that ends when it is told to. */
function held(): { work: () => Promise<void>; end(): void } {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => done, end };
}

it('lets owners take turns, and keeps the order of each', async () => {
  const queue = new FairQueue(1);
  const first = held();
  const order: string[] = [];
  const running = queue.run('x', first.work);
  const all = ['a1', 'a2', 'a3', 'b1', 'c1', 'c2'].map((name) =>
    queue.run(name[0] ?? '', async () => void order.push(name)),
  );
  expect(order).toEqual([]);
  first.end();
  await Promise.all([running, ...all]);
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
});

it('does as much at once as it may, and goes on after work that fails', async () => {
  const queue = new FairQueue(2);
  const [one, two] = [held(), held()];
  let most = 0;
  let now = 0;
  const count = (work: () => Promise<void>) => async () => {
    most = Math.max(most, ++now);
    await work();
    now--;
  };
  const begun = [queue.run('a', count(one.work)), queue.run('a', count(two.work))];
  const third = queue.run(
    'a',
    count(async () => {}),
  );
  expect(now).toBe(2);
  one.end();
  await third;
  two.end();
  await Promise.all(begun);
  expect(most).toBe(2);
  await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await queue.run('a', async () => 'yes')).toBe('yes');
});
