import { useAccount } from '@parley/sdk/react';
import { countryOf } from '../lib/phone.ts';

/** The country of one's own number: numbers that are written without a prefix are of there. Empty where it is not known. */
export function useHome(): string {
  const { profile } = useAccount();
  return profile?.phone ? (countryOf(profile.phone, '') ?? '') : '';
}
