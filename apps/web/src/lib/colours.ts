/** A person's colour: the same everywhere and every time. */

/** How many there are; each is a class `.colour0` … in `../ui/avatar.module.css`, and `--person-0` … for names. */
export const colours = 10;

/** The number of the colour of a user's or chat's id. */
export function colourOf(id: string): number {
  let sum = 0;
  for (const char of id) sum = (Math.imul(sum, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return sum % colours;
}
