/** Which stores this machine has for tests; what has to be built is built before the first test waits for it. */
import { prepareEngines } from '../../infra/stack/src/index.ts';

/** Why the stores cannot be had that cannot be had, by name. Errors: any is missing although all are demanded. */
export async function missingEngines(): Promise<Record<string, string>> {
  const engines = await prepareEngines({ notice: (line) => process.stderr.write(`${line}\n`) });
  const missing: Record<string, string> = {};
  for (const [name, engine] of Object.entries(engines)) {
    if ('missing' in engine) missing[name] = engine.missing;
  }
  const reasons = Object.values(missing);
  if (reasons.length > 0 && process.env.REQUIRE_ENGINES === 'true') throw new Error(reasons.join('\n'));
  for (const reason of reasons) process.stderr.write(`Not everything is tested: ${reason}\n`);
  return missing;
}
