/** Push tokens of devices (contract sections 2, Users, and 6). */
import { z } from 'zod';
import { define } from './define.ts';

export const pushPlatforms = ['android', 'ios', 'web'] as const;
export type PushPlatform = (typeof pushPlatforms)[number];

const pushToken = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'must be a token as the push service gave it');

export const setFcmToken = define({
  kind: 'mutation',
  method: 'PUT',
  path: '/users/me/fcm-token',
  operationId: 'setFcmToken',
  tag: 'Users',
  access: 'self',
  summary: 'Receive pushes on this device',
  description:
    'One per session: a new token takes the place of the one before. A token belongs to whoever registered it last. It goes with the session at logout.',
  input: z.object({ token: pushToken, platform: z.enum(pushPlatforms) }).meta({ id: 'FcmTokenRequest' }),
  output: z.object({ platform: z.enum(pushPlatforms) }).meta({ id: 'FcmTokenResult' }),
  success: { 200: 'Registered' },
  errors: [],
  example: {
    input: { token: 'dGhpcyBpcyBub3Q6YSByZWFsIHRva2Vu', platform: 'android' },
    output: { platform: 'android' },
  },
});

export const deleteFcmToken = define({
  kind: 'mutation',
  method: 'DELETE',
  path: '/users/me/fcm-token',
  operationId: 'deleteFcmToken',
  tag: 'Users',
  access: 'self',
  summary: 'No more pushes to this device',
  description: "Forgets this session's token; it is no error where there is none.",
  input: z.object({}),
  output: z.object({ removed: z.boolean() }).meta({ id: 'FcmTokenRemoved' }),
  success: { 200: 'No push goes to this device any more' },
  errors: [],
  example: { input: {}, output: { removed: true } },
});

/** What a push carries: strings all, as FCM wants them (contract section 6). */
export const pushData = z
  .object({
    type: z.enum(['new_message', 'group_added', 'chat.read']),
    chat_id: z.string(),
    chat_type: z.enum(['direct', 'group']),
    /** Beyond the papers: the group's name, empty for a direct chat. */
    chat_name: z.string(),
    message_id: z.string(),
    sender_id: z.string(),
    sender_name: z.string(),
    sender_avatar: z.string(),
    message_preview: z.string(),
    message_type: z.string(),
    /** Beyond the papers: how many messages it stands for. */
    message_count: z.string(),
    /** Milliseconds since the epoch. */
    timestamp: z.string(),
  })
  .partial()
  .required({ type: true, chat_id: true, timestamp: true });

export type PushData = z.output<typeof pushData>;
