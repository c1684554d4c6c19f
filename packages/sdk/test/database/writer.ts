/** A program that writes records until it is killed or the device is full, and says which were kept. */
import { fileDatabase } from '../../src/node/database.ts';

const [folder = '', bytes = '100'] = process.argv.slice(2);
const records = await fileDatabase(folder).open('me');
for (let at = 0; ; at++) {
  const key = String(at).padStart(6, '0');
  const pair = [key, `${key} twin`].map((name) => ({
    key: name,
    value: { at, text: 'x'.repeat(Number(bytes)) },
  }));
  const error = await records.write(pair).then(
    () => null,
    (cause: Error & { code?: string }) => cause,
  );
  if (error) {
    await records.write([{ key: 'small', value: 1 }]);
    console.log(`failed ${error.code}`);
    break;
  }
  console.log(key);
}
await records.close();
