// Phone numbers as people write them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countries } from '../src/lib/countries.ts';
import { countryOf, formatPhone, prefixOf, toE164 } from '../src/lib/phone.ts';

describe('a number', () => {
  test.each([
    ['151 12345678', 'DE', '+4915112345678'],
    ['0151/123 456-78', 'DE', '+4915112345678'],
    ['+49 (151) 12345678', 'FR', '+4915112345678'],
    ['0049 151 12345678', '', '+4915112345678'],
    ['06 12345678', 'IT', '+390612345678'],
    ['(415) 555-0100', 'US', '+14155550100'],
    ['٠١٥١١٢٣٤٥٦٧٨', 'DE', null],
    ['+４９ １５１ １２３４５６７８', '', '+4915112345678'],
  ])('%s in %s is %s', (written, country, number) => {
    expect(toE164(written, country)).toBe(number);
  });

  test.each([
    ['', 'DE'],
    ['12', 'DE'],
    ['151 12345678', ''],
    ['call me', 'DE'],
    ['+49 151 1234567890123', 'DE'],
    ['0800 FLOWERS', 'US'],
  ])('“%s” (%s) is none', (written, country) => {
    expect(toE164(written, country)).toBeNull();
  });

  test('is found again in whatever way it is written with its prefix', () => {
    const number = fc
      .tuple(fc.constantFrom(...Object.keys(countries)), fc.stringMatching(/^[1-9]\d{6,8}$/))
      .map(([country, digits]) => `${prefixOf(country)}${digits}`);
    const separator = fc.constantFrom('', ' ', '-', '.', '/', ' (', ') ');
    fc.assert(
      fc.property(number, fc.array(separator, { minLength: 20, maxLength: 20 }), (e164, separators) => {
        const written = [...e164].map((char, index) => char + (separators[index] ?? '')).join('');
        expect(toE164(written, 'NZ')).toBe(e164);
        expect(toE164(formatPhone(e164), '')).toBe(e164);
      }),
    );
  });
});

test('the country of a number that is being written is that of its longest prefix', () => {
  expect(countryOf('+4', 'DE')).toBeNull();
  expect(countryOf('+49', '')).toBe('DE');
  expect(countryOf('0044 77', 'DE')).toBe('GB');
  expect(countryOf('+1 242 5', 'US')).toBe('BS');
  expect(countryOf('+1 415', 'CA')).toBe('CA');
  expect(countryOf('+1 415', 'DE')).toBe('US');
  expect(countryOf('151', 'DE')).toBeNull();
});
