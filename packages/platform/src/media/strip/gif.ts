/**
 * GIF (GIF89a specification). Kept: the pictures, their colours, delays and the number of repetitions. Left out: comments, text, every other
 * extension (XMP, ICC, what editors leave) and all that follows the trailer.
 */
import { byte, damaged, emit, maxFrames, pass, skip, take, tooManyFrames, type Walk } from './walk.ts';

const extension = 0x21;
const image = 0x2c;
const trailer = 0x3b;
const graphicControl = 0xf9;
const plainText = 0x01;
const application = 0xff;

export function* gif(): Walk {
  const head = Buffer.from(yield* take(13));
  if (!/^GIF8[79]a$/.test(head.toString('latin1', 0, 6))) throw damaged('it does not begin like a GIF');
  yield* emit(head);
  yield* pass(colourTable(head.readUInt8(10)));
  let pictures = 0;
  // How the next picture is shown: held back, as it goes with a text that goes.
  let control: Buffer | undefined;
  for (;;) {
    const kind = yield* byte();
    if (kind === trailer) break;
    if (kind === image) {
      if (control) yield* emit(control);
      control = undefined;
      yield* pictureBlock();
      if (++pictures > maxFrames) throw tooManyFrames();
    } else if (kind === extension) {
      const label = yield* byte();
      if (label === graphicControl) control = (yield* controlBlock()) ?? control;
      else if (label === application) yield* applicationBlock();
      else {
        if (label === plainText) control = undefined;
        yield* skipBlocks();
      }
    } else throw damaged('it holds a part of unknown kind');
  }
  if (pictures === 0) throw damaged('there is no picture in it');
  yield* emit(Buffer.of(trailer));
}

/** Bytes of the colour table that a descriptor's flags announce. */
function colourTable(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 0x07) + 1) : 0;
}

function* pictureBlock(): Walk {
  const descriptor = Buffer.from(yield* take(9));
  yield* emit(Buffer.of(image));
  yield* emit(descriptor);
  // The size of the first code comes before the data.
  yield* pass(colourTable(descriptor.readUInt8(8)) + 1);
  for (let length = yield* byte(); ; length = yield* byte()) {
    yield* emit(Buffer.of(length));
    if (length === 0) return;
    yield* pass(length);
  }
}

function* skipBlocks(): Walk {
  for (let length = yield* byte(); length > 0; length = yield* byte()) yield* skip(length);
}

function* controlBlock(): Walk<Buffer | undefined> {
  const length = yield* byte();
  if (length === 0) return undefined;
  const fields = Buffer.from(yield* take(length));
  yield* skipBlocks();
  return length === 4 ? Buffer.of(extension, graphicControl, 4, ...fields, 0) : undefined;
}

/** Of the extensions that set how often the animation is shown, the two sub-blocks that are known: repetitions, and bytes to buffer. */
function* applicationBlock(): Walk {
  const length = yield* byte();
  if (length === 0) return;
  const name = Buffer.from(yield* take(length));
  if (!['NETSCAPE2.0', 'ANIMEXTS1.0'].includes(name.toString('latin1'))) return yield* skipBlocks();
  yield* emit(Buffer.of(extension, application, length, ...name));
  for (let size = yield* byte(); size > 0; size = yield* byte()) {
    const data = Buffer.from(yield* take(size));
    const id = data.readUInt8() & 0x07;
    if ((id === 1 && size === 3) || (id === 2 && size === 5)) yield* emit(Buffer.of(size, ...data));
  }
  yield* emit(Buffer.of(0));
}
