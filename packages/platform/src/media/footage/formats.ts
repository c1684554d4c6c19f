/** Which part of ffmpeg may read which file (contract section 2, Media: MP4, 3GP, MKV; AAC, OGG, MP3, OPUS). */

/** By MIME type without parameters. ffmpeg is never left to guess: a playlist that it took for a film could name any file of this machine. */
const demuxers: Readonly<Record<string, string>> = {
  'video/mp4': 'mov',
  'video/3gpp': 'mov',
  'video/3gpp2': 'mov',
  'video/quicktime': 'mov',
  'audio/mp4': 'mov',
  'audio/x-m4a': 'mov',
  'video/matroska': 'matroska',
  'video/x-matroska': 'matroska',
  'video/webm': 'matroska',
  'audio/webm': 'matroska',
  'audio/ogg': 'ogg',
  'video/ogg': 'ogg',
  'audio/opus': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/aac': 'aac',
};

export function demuxerFor(mimeType: string): string | undefined {
  return demuxers[mimeType.split(';', 1)[0]?.trim().toLowerCase() ?? ''];
}

/** These have no header that tells their length, or one that is often wrong: it is measured. */
const lengthless = new Set(['mp3', 'aac']);

export function tellsLength(demuxer: string): boolean {
  return !lengthless.has(demuxer);
}

/** ffmpeg knows hundreds of decoders, many of them old and unkept. These are what such files really hold. */
export const decoders = [
  ...['h264', 'hevc', 'av1', 'libdav1d', 'libaom-av1', 'vp8', 'vp9', 'libvpx', 'libvpx-vp9'],
  ...['mpeg4', 'h263', 'mpeg1video', 'mpeg2video', 'theora', 'mjpeg', 'png'],
  ...[
    'aac',
    'aac_latm',
    'mp3',
    'mp3float',
    'mp2',
    'mp2float',
    'ac3',
    'eac3',
    'flac',
    'alac',
    'dca',
    'truehd',
  ],
  ...['opus', 'libopus', 'vorbis', 'libvorbis', 'amrnb', 'amrwb', 'libopencore_amrnb', 'libopencore_amrwb'],
  ...['pcm_s16le', 'pcm_s16be', 'pcm_s24le', 'pcm_f32le', 'pcm_u8', 'pcm_alaw', 'pcm_mulaw'],
  ...['subrip', 'srt', 'ass', 'ssa', 'mov_text', 'webvtt', 'text', 'dvdsub', 'pgssub'],
].join(',');

/** What every call is told of its input. */
export function inputArguments(demuxer: string): string[] {
  return ['-threads', '1', '-codec_whitelist', decoders, '-protocol_whitelist', 'file,pipe', '-f', demuxer];
}
