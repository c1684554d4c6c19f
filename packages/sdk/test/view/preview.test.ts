// What the SDK does itself, so that it need not carry the contract's schemas, is what the contract does.
import {
  previewOf as contractPreview,
  type MessageType,
  messageTypes,
  stripControls,
} from '@parley/contract';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { previewOf, storedPayload } from '../../src/view/preview.ts';

test('previews are those of the server', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<MessageType>(...messageTypes),
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme', minLength: 90, maxLength: 120 }),
      ),
      (type, body) => {
        expect(previewOf({ type, payload: { body } })).toBe(contractPreview(type, { body }));
      },
    ),
  );
  expect(previewOf({ type: 'text', payload: {} })).toBe(contractPreview('text', {}));
});

test('texts lose what they lose on the server', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (body) => {
      expect(storedPayload({ body, latitude: 1 })).toEqual({ body: stripControls(body), latitude: 1 });
    }),
  );
  expect(storedPayload({ media_id: 'm', caption: undefined })).toEqual({ media_id: 'm' });
});
