/** The variables of looking into files (contract section 2, Media). */
import { integer, text, type Variable } from './readers.ts';

export interface MediaConfig {
  ffmpegPath: string | null;
  imageProcesses: number;
}

export const mediaSchema: { [K in keyof MediaConfig]: Variable<MediaConfig[K]> } = {
  ffmpegPath: {
    name: 'FFMPEG_PATH',
    doc: 'The program ffmpeg, with ffprobe beside it; unset looks on PATH. Without it videos and sounds have no length and no thumbnail',
    fallback: '',
    read: text,
  },
  imageProcesses: {
    name: 'IMAGE_PROCESSES',
    doc: 'Images that each program decodes at a time, in processes of their own',
    fallback: '2',
    read: integer(1, 32),
  },
};
