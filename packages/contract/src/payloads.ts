/** What a message carries, by type (contract section 2, Messages). */
import { z } from 'zod';
import { limits } from './limits.ts';
import { text, uuid } from './primitives.ts';

const caption = text({ max: limits.caption }).optional();

/** What `system` messages tell of; their sender is who did it. */
export const systemActions = [
  'group_created',
  'group_renamed',
  'members_added',
  'member_removed',
  'member_left',
] as const;
export type SystemAction = (typeof systemActions)[number];

export const payloads = {
  text: z.object({ body: text({ min: 1, max: limits.messageBody }) }).meta({ id: 'TextPayload' }),
  image: z.object({ media_id: uuid, caption }).meta({ id: 'ImagePayload' }),
  video: z.object({ media_id: uuid, caption }).meta({ id: 'VideoPayload' }),
  audio: z
    .object({
      media_id: uuid,
      duration_ms: z
        .int()
        .nonnegative()
        .max(24 * 3600 * 1000),
    })
    .meta({ id: 'AudioPayload' }),
  document: z
    .object({ media_id: uuid, filename: text({ min: 1, max: limits.filename }), caption })
    .meta({ id: 'DocumentPayload' }),
  location: z
    .object({
      latitude: z.number().min(-90).max(90),
      longitude: z.number().min(-180).max(180),
      name: text({ max: 256 }).optional(),
      address: text({ max: 512 }).optional(),
    })
    .meta({ id: 'LocationPayload' }),
  system: z
    .object({
      body: z.string().meta({ description: 'What happened, in English' }),
      action: z.enum(systemActions),
      user_ids: z.array(uuid).optional().meta({ description: 'Whom it happened to' }),
      name: z.string().optional().meta({ description: "The group's name" }),
    })
    .meta({ id: 'SystemPayload' }),
} as const;

export const messageTypes = ['text', 'image', 'video', 'audio', 'document', 'location', 'system'] as const;

/** Types a client may send; `system` messages are the server's own. */
export const sendableTypes = ['text', 'image', 'video', 'audio', 'document', 'location'] as const;

/** Types whose payload names a media file. */
export const mediaTypes = ['image', 'video', 'audio', 'document'] as const;

/** A stored payload; `{}` once the message was deleted for everyone. The first that fits is taken: those with more fields come first. */
export const storedPayload = z
  .union([
    payloads.system,
    payloads.text,
    payloads.location,
    payloads.document,
    payloads.audio,
    payloads.image,
    z.object({}).strict(),
  ])
  .meta({ id: 'MessagePayload' });

export type MessageType = (typeof messageTypes)[number];
export type SendableType = (typeof sendableTypes)[number];
export type PayloadOf<T extends MessageType> = z.output<(typeof payloads)[T]>;
export type MessagePayload = PayloadOf<MessageType> | Record<string, never>;

const previews: Record<Exclude<MessageType, 'text' | 'system'>, string> = {
  image: '📷 Photo',
  video: '📹 Video',
  audio: '🎵 Audio',
  document: '📄 Document',
  location: '📍 Location',
};

/** One line that stands for a message in lists, replies and pushes: at most `max` code points (contract section 6). */
export function previewOf(type: MessageType, payload: MessagePayload, max = 100): string {
  if (type === 'text' || type === 'system') {
    const body = 'body' in payload ? payload.body : '';
    const points = [...body.replace(/\s+/g, ' ').trim()];
    return points.length > max ? `${points.slice(0, max - 1).join('')}…` : points.join('');
  }
  return previews[type];
}
