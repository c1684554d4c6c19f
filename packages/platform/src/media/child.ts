/** What processes that decode what people sent are given, and how they stand to the rest. */

/** Messages go first: see nice(1). */
export const niceness = 10;

/**
 * What programs need to find libraries and themselves, and the variables in `more`. Secrets are in the environment: a decoder that was taken over
 * must not find them there.
 */
export function bareEnvironment(...more: string[]): NodeJS.ProcessEnv {
  const names = ['PATH', 'LD_LIBRARY_PATH', 'SystemRoot', ...more];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
