/** The texts of the language that is shown; there is one so far. */
import { en } from './en.ts';

export type Texts = typeof en;

export const texts: Texts = en;
