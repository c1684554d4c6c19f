/** Contract section 2, Media. */
import { z } from 'zod';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { mediaTypes } from './payloads.ts';
import { uuid } from './primitives.ts';
import { defineUpload } from './uploads.ts';

export const mediaStatuses = ['processing', 'ready'] as const;

/** A file as those who may read it see it. The addresses work for an hour, without a token; one that begins with `/` is on this server. */
export const media = z
  .object({
    media_id: uuid,
    type: z.enum(mediaTypes),
    mime_type: z.string().meta({ description: 'What its bytes are, whatever it was called' }),
    size_bytes: z.int().nonnegative(),
    width: z.int().positive().nullable().meta({ description: 'Pixels, as it is shown' }),
    height: z.int().positive().nullable(),
    duration_ms: z.int().nonnegative().nullable(),
    filename: z.string().nullable().meta({ description: 'The name it was uploaded with' }),
    url: z.string(),
    thumbnail_url: z
      .string()
      .nullable()
      .meta({ description: '200 pixels wide; null where there is none (yet)' }),
    status: z.enum(mediaStatuses).meta({
      description: '`processing`: size, duration and thumbnail of a video or sound are still to come',
    }),
  })
  .meta({ id: 'Media' });

export type Media = z.output<typeof media>;
export type MediaType = (typeof mediaTypes)[number];
export type MediaStatus = (typeof mediaStatuses)[number];

export const sampleMedia = {
  media_id: '0198c6f4-7c11-7b02-9a5e-2f6d1c0b8a77',
  type: 'image',
  mime_type: 'image/jpeg',
  size_bytes: 245_000,
  width: 1920,
  height: 1080,
  duration_ms: null,
  filename: 'lake.jpg',
  url: '/objects/media/0198c6f4-7c11-7b02-9a5e-2f6d1c0b8a77?expires=1772360467&signature=x',
  thumbnail_url: '/objects/thumbnails/0198c6f4-7c11-7b02-9a5e-2f6d1c0b8a77?expires=1772360467&signature=y',
  status: 'ready',
} satisfies Media;

export const uploadMedia = defineUpload({
  method: 'POST',
  path: '/media/upload',
  operationId: 'uploadMedia',
  tag: 'Media',
  access: 'self',
  summary: 'Upload a file',
  description: `For a message that is sent next. \`type\` decides what is accepted: image ${limits.mediaBytes.image / 2 ** 20} MB (JPEG, PNG, WebP, GIF), video ${limits.mediaBytes.video / 2 ** 20} MB (MP4, 3GP, MKV), audio ${limits.mediaBytes.audio / 2 ** 20} MB (AAC, OGG, MP3, Opus), document ${limits.mediaBytes.document / 2 ** 20} MB (PDF, DOC(X), XLS(X), PPT(X), TXT, ZIP). Put \`type\` before \`file\`. Metadata of images (their location too) is removed. A file that no message refers to is deleted after 24 hours.`,
  fields: z.object({ type: z.enum(mediaTypes) }),
  file: 'The file; its bytes decide what it is',
  maxBytes: Math.max(...Object.values(limits.mediaBytes)),
  output: media,
  success: { 201: 'Stored; a video or sound may still be processing' },
  errors: ['MEDIA_TOO_LARGE', 'MEDIA_INVALID_TYPE'],
  example: sampleMedia,
});

export const getMedia = define({
  kind: 'query',
  method: 'GET',
  path: '/media/{id}',
  operationId: 'getMedia',
  tag: 'Media',
  access: 'media_reader',
  summary: 'A file, with fresh addresses',
  description: 'For its uploader and for those who can read a message that carries it.',
  input: z.object({ id: uuid }),
  output: media,
  success: { 200: 'The file' },
  errors: ['NOT_FOUND'],
  example: { input: { id: sampleMedia.media_id }, output: sampleMedia },
});
