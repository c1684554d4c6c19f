/** What counts as one emoji in a reaction (Unicode Technical Standard 51). */

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** A pictograph, a flag's letter, or a keycap; whatever is joined to it belongs to the same grapheme. */
const pictorial = /\p{Extended_Pictographic}|\p{Regional_Indicator}|^[0-9#*]\ufe0f?\u20e3$/u;

/** Whether the text is a single emoji, with its skin tones, joiners and variation selectors. */
export function isEmoji(value: string): boolean {
  const [only, more] = graphemes.segment(value);
  return only !== undefined && more === undefined && pictorial.test(value);
}
