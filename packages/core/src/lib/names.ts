/** Names that people give to files. */

/** The characters of a name without control characters, and without marks that turn the direction of text to make an ending look like another. */
export function plainCharacters(name: string): string[] {
  return Array.from(name.toWellFormed()).filter((char) => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(char));
}
