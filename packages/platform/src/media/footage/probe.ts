/** What ffprobe and ffmpeg tell of a file's length and size. */
import type { Ffmpeg } from './find.ts';
import { inputArguments, tellsLength } from './formats.ts';
import type { Programs, RunLimits } from './run.ts';

/** A file and how it is read. */
export interface Source {
  path: string;
  demuxer: string;
}

export interface Probed {
  durationMs: number | null;
  /** Its first moving picture, in pixels as it is shown; a cover of a song is none. */
  video: { stream: number; width: number | null; height: number | null } | null;
}

/** What ffprobe writes, as far as it is asked for. Numbers may come as text. */
interface Answer {
  streams?: Stream[];
  format?: { duration?: unknown };
}

interface Stream {
  index: number;
  codec_type?: string;
  width?: unknown;
  height?: unknown;
  sample_aspect_ratio?: string;
  disposition?: { attached_pic?: number };
  side_data_list?: { rotation?: number }[];
}

const entries = [
  'format=duration',
  'stream=index,codec_type,width,height,sample_aspect_ratio',
  'stream_disposition=attached_pic',
  'stream_side_data=rotation',
].join(':');

/** What a file may say of itself, in seconds and in pixels; more is a mistake, or a try to upset whoever reads it. */
const longestSeconds = 31 * 24 * 3600;
const longestSide = 65_535;

/** Rejects where the file is not what it is read as. */
export async function probe(
  programs: Programs,
  { ffprobe, ffmpeg }: Ffmpeg,
  source: Source,
  limits: RunLimits,
): Promise<Probed> {
  const input = [...inputArguments(source.demuxer), '-i', `file:${source.path}`];
  const text = await programs.run(
    ffprobe,
    ['-v', 'error', '-of', 'json', '-show_entries', entries, ...input],
    limits,
  );
  const { streams = [], format } = JSON.parse(text) as Answer;
  if (streams.length === 0) throw new Error('nothing is in it');
  const told = tellsLength(source.demuxer) ? positive(format?.duration) : null;
  const seconds = told ?? (await measure(programs, ffmpeg, input, limits));
  const video = streams.find((one) => one.codec_type === 'video' && one.disposition?.attached_pic !== 1);
  return {
    durationMs: seconds === null || seconds > longestSeconds ? null : Math.round(seconds * 1000),
    video: video ? { stream: video.index, ...shownSize(video) } : null,
  };
}

/** Seconds. Walks through the file without decoding it. Live recordings, and formats that are a mere row of frames, do not tell how long they are. */
async function measure(
  programs: Programs,
  ffmpeg: string,
  input: string[],
  limits: RunLimits,
): Promise<number | null> {
  const output = ['-map', '0:v?', '-map', '0:a?', '-c', 'copy', '-progress', 'pipe:1', '-f', 'null', '-'];
  const text = await programs.run(ffmpeg, ['-nostdin', '-v', 'error', ...input, ...output], limits);
  // It is told again and again; the last is the end. In microseconds, whatever it is called.
  const last = [...text.matchAll(/^out_time_us=(\d+)$/gm)].at(-1)?.[1];
  return last === undefined ? null : Number(last) / 1e6;
}

function shownSize(video: Stream): { width: number | null; height: number | null } {
  const [width, height] = [positive(video.width), positive(video.height)];
  if (!width || !height) return { width: null, height: null };
  const [wide, high] = (video.sample_aspect_ratio ?? '').split(':').map(positive);
  const shown = wide && high ? Math.max(1, Math.round((width * wide) / high)) : width;
  if (Math.max(shown, height) > longestSide) return { width: null, height: null };
  const rotation = video.side_data_list?.find((one) => one.rotation !== undefined)?.rotation ?? 0;
  // Turned by a quarter, or by three.
  return Math.abs(rotation) % 180 === 90 ? { width: height, height: shown } : { width: shown, height };
}

function positive(value: unknown): number | null {
  const found = Number(value);
  return Number.isFinite(found) && found > 0 ? found : null;
}
