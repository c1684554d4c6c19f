/**
 * `npm run android:client`: makes the Kotlin client for Android in clients/android/build (docs/android.md). It needs Java 17 and Maven, which nothing
 * else of Parley does. With `--compile` it also compiles it, with the files beside it and the examples.
 */
import { relative } from 'node:path';
import { compileClient, generateClient } from '../clients/android/make/generate.ts';
import { missingTools } from '../clients/android/make/tools.ts';

const missing = await missingTools();
if (missing !== undefined) {
  console.error(`The Kotlin client cannot be made here: ${missing}.`);
  process.exitCode = 1;
} else {
  const sources = await generateClient();
  if (process.argv.includes('--compile')) await compileClient();
  console.log(`The Kotlin client is in ${relative(process.cwd(), sources)}.`);
}
