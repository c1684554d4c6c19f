/** How single variables are read; each reader throws with what the value must be. */

/** How one variable is read. `read` throws with what the value must be. */
export interface Variable<T> {
  name: string;
  /** For the table in the README. */
  doc: string;
  /** Shown in the table; what an unset variable reads as. */
  fallback: string;
  read(value: string): T;
}

export const integer = (min: number, max: number) => (value: string) => {
  if (!/^\d{1,15}$/.test(value) || Number(value) < min || Number(value) > max) {
    throw new Error(`must be a whole number from ${min} to ${max}`);
  }
  return Number(value);
};

export const flag = (value: string) => {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
  return value === 'true';
};

export const secret = (value: string) => {
  if (value === '') return null;
  if (value.length < 32) throw new Error('must be at least 32 characters');
  return value;
};

export const url = (protocols: string[]) => (value: string) => {
  if (value === '') return null;
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw new Error(`must be an address beginning with ${protocols.map((p) => `${p}//`).join(' or ')}`);
  }
  const { username, password } = new URL(value);
  if (![username, password].every(isEncoded)) {
    throw new Error('must have a % in user or password written as %25');
  }
  return value;
};

function isEncoded(part: string): boolean {
  return !/%(?![0-9a-f]{2})/i.test(part);
}

/** A connection string of MongoDB: several hosts with ports are no URL, so all but the scheme is left to its driver. */
export const mongoUrl = (value: string) => {
  if (value === '') return null;
  if (!/^mongodb(\+srv)?:\/\/[^/\s]+/.test(value)) {
    throw new Error('must be an address beginning with mongodb:// or mongodb+srv://');
  }
  return value;
};

/** Text that may be missing. */
export const text = (value: string) => (value === '' ? null : value);

/** Addresses separated by commas; null where there is none. */
export const urls = (protocols: string[]) => (value: string) => {
  if (value === '') return null;
  return value.split(',').map((part) => url(protocols)(part.trim()) as string);
};

/** Whether an address names a host and a port alone: where requests keep their own path, nothing would send the rest. */
export function isOrigin(address: string): boolean {
  return new URL(address).href === `${new URL(address).origin}/`;
}
