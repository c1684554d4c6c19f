import type { ListOptions } from './types.ts';

/** The first text that is greater than all that begin with the prefix, in UTF-16 order; null where there is none. */
export function prefixEnd(prefix: string): string | null {
  for (let at = prefix.length - 1; at >= 0; at--) {
    const unit = prefix.charCodeAt(at);
    if (unit < 0xffff) return prefix.slice(0, at) + String.fromCharCode(unit + 1);
  }
  return null;
}

/** A map whose keys can be listed in their order. */
export class SortedMap<V> {
  readonly #values = new Map<string, V>();
  /** In order if `#sorted`. A sorted list with some more behind it is sorted again quickly. */
  #keys: string[] = [];
  #sorted = true;

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: V): void {
    if (!this.#values.has(key)) {
      this.#sorted &&= this.#keys.length === 0 || key > (this.#keys.at(-1) as string);
      this.#keys.push(key);
    }
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (!this.#values.delete(key)) return;
    const at = this.#sorted ? this.#from(key) : this.#keys.indexOf(key);
    this.#keys.splice(at, 1);
  }

  clear(): void {
    this.#values.clear();
    this.#keys = [];
    this.#sorted = true;
  }

  /** As `Records.list`. */
  list(prefix: string, { limit, reverse, before }: ListOptions = {}): [key: string, value: V][] {
    if (!this.#sorted) this.#keys.sort();
    this.#sorted = true;
    const end = prefixEnd(prefix);
    const upTo = Math.min(this.#from(end), this.#from(before ?? null));
    const keys = this.#keys.slice(this.#from(prefix), upTo);
    if (reverse) keys.reverse();
    return keys.slice(0, limit).map((key) => [key, this.#values.get(key) as V]);
  }

  /** Where the first key stands that is not smaller; null is greater than all. */
  #from(key: string | null): number {
    let low = 0;
    let high = this.#keys.length;
    while (key !== null && low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return key === null ? high : low;
  }
}
