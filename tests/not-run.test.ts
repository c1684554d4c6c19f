/** Stands in for the end-to-end tests on the distributed engines where these cannot be had: they are listed, not passed over. */
import { inject, it } from 'vitest';

for (const [store, reason] of Object.entries(inject('missing'))) {
  it(`the end-to-end tests on the distributed engines need ${store}: ${reason}`, (context) => context.skip());
}
