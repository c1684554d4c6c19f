// Tables that the SDK has in little space, held against the contract's.
import { errorCatalogue, errorCodes, procedureEntries } from '@parley/contract';
import { describe, expect, test } from 'vitest';
import { codeOfSocketError, codeOfStatus, ParleyError, readWireError } from '../src/errors.ts';
import { isQuery } from '../src/queries.ts';

test('of procedures: which only read', () => {
  for (const { path, definition } of procedureEntries()) {
    expect({ path, query: isQuery(path) }).toEqual({ path, query: definition.kind === 'query' });
  }
});

describe('of errors', () => {
  test.each(errorCodes)('%s is known, and may be tried again as its status says', (code) => {
    const { http } = errorCatalogue[code];
    const error = readWireError({ code, message: 'said by the server' }, 'NETWORK_ERROR');
    expect(error).toMatchObject({ code, message: 'said by the server' });
    expect(error.retriable).toBe(http === 429 || http >= 500);
  });

  test('a status, or a number of the real-time protocol, means a code that has it', () => {
    for (const { http, socket } of Object.values(errorCatalogue)) {
      const meant = codeOfStatus(http);
      // A file's type is refused by Parley alone, and says so.
      if (http !== 415) expect(errorCatalogue[meant as 'CONFLICT'].http).toBe(http);
      expect(errorCatalogue[codeOfSocketError(socket) as 'CONFLICT'].socket).toBe(socket);
    }
    expect([502, 504, 599, 418].map(codeOfStatus)).toEqual([
      ...['SERVICE_UNAVAILABLE', 'SERVICE_UNAVAILABLE', 'INTERNAL_ERROR', 'BAD_REQUEST'],
    ]);
  });

  test('an unknown code is the one that is given for it, and has words of its own', () => {
    expect(readWireError({ code: 'NEWER', message: 'of a newer server' }, 'BAD_REQUEST')).toMatchObject({
      code: 'BAD_REQUEST',
      message: 'of a newer server',
    });
    expect(new ParleyError('MEDIA_TOO_LARGE').message).toBe('Media too large');
    expect(new ParleyError('TIMEOUT')).toMatchObject({ retriable: true });
    expect(new ParleyError('ABORTED')).toMatchObject({ retriable: false });
  });
});
