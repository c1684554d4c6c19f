import { parseArgs } from 'node:util';
import { limits } from '@parley/contract';

import { count, parseName, positive } from '../options.ts';

/** What `--media` can measure. */
export const PARTS = ['upload', 'thumbnails', 'push', 'beside'] as const;
export type MediaPart = (typeof PARTS)[number];

export interface MediaOptions {
  only: MediaPart[];
  /** Measured seconds of each row that is not a number of files. */
  seconds: number;
  warmup: number;
  /** Files of each of the two rows of uploads one at a time. */
  uploads: number;
  /** MB (2^20 bytes) of the large image and of the document beside it. */
  imageMb: number;
  /** Videos that are uploaded at the same time, and MB of each. */
  videos: number;
  videoMb: number;
  /** Rounds of messages without and with media beside them. */
  rounds: number;
  pairs: number;
  /** Messages per second of the open loop. */
  rate: number;
  server: string;
  out: string;
  json: string | null;
  name: string;
}

export const MEDIA_USAGE = `npm run bench -- --media [options]: files and pushes, and messages beside files; about four minutes
  --only ${PARTS.join(',')}   parts to run (all)
  --seconds 5                    measured seconds per row
  --warmup 1                     seconds before that, not counted
  --uploads 10                   large images, and documents, one at a time
  --image-mb 16                  their size
  --videos 10                    videos uploaded at the same time
  --video-mb 64                  their size
  --rounds 2                     rounds of messages without and with media beside them
  --pairs 50, --rate 1000        the message rows, as above
  --server, --out, --name, --json   as above`;

/** Reads the command line of `--media`; an error says which option is wrong and what it must be. */
export function parseMediaOptions(args: readonly string[]): MediaOptions | 'help' {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      media: { type: 'boolean' },
      only: text(PARTS.join(',')),
      seconds: text('5'),
      warmup: text('1'),
      uploads: text('10'),
      'image-mb': text('16'),
      videos: text('10'),
      'video-mb': text('64'),
      rounds: text('2'),
      pairs: text('50'),
      rate: text('1000'),
      server: text('apps/standalone/src/main.ts'),
      out: text('bench/results'),
      json: { type: 'string' },
      name: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const only = values.only.split(',').map(parsePart);
  const all = PARTS.every((part) => only.includes(part));
  return {
    only,
    seconds: positive('--seconds', values.seconds),
    warmup: positive('--warmup', values.warmup),
    uploads: count('--uploads', values.uploads),
    imageMb: size('--image-mb', values['image-mb'], limits.mediaBytes.image),
    videos: count('--videos', values.videos),
    videoMb: size('--video-mb', values['video-mb'], limits.mediaBytes.video),
    rounds: count('--rounds', values.rounds),
    pairs: count('--pairs', values.pairs),
    rate: positive('--rate', values.rate),
    server: values.server,
    out: values.out,
    json: values.json ?? null,
    name: parseName(values.name ?? (all ? 'media' : `media-${only.join('-')}`)),
  };
}

function parsePart(value: string): MediaPart {
  const found = PARTS.find((name) => name === value.trim());
  if (!found) throw new Error(`--only must be some of ${PARTS.join(', ')}, separated by commas`);
  return found;
}

/** Whole MB, no more than the server takes. */
function size(option: string, value: string, mostBytes: number): number {
  const number = count(option, value);
  const most = mostBytes / 2 ** 20;
  if (number > most) throw new Error(`${option} must be ${most} or less`);
  return number;
}
