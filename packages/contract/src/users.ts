/** Contract section 2, Users. */
import { z } from 'zod';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { phone, text, timestamp, uuid } from './primitives.ts';
import { defineUpload } from './uploads.ts';

const profileFields = {
  id: uuid,
  display_name: z.string(),
  avatar_url: z.string(),
  status_text: z.string(),
  created_at: timestamp,
  updated_at: timestamp,
};

/** The caller's own profile. */
export const ownProfile = z.object({ ...profileFields, phone }).meta({ id: 'OwnProfile' });

/** Anyone's profile as the caller may see it: no phone; photo and status text emptied where hidden. */
export const profile = z.object(profileFields).meta({ id: 'Profile' });

/** `online` and `last_seen` are null where the user hides them. */
export const presence = z
  .object({ user_id: uuid, online: z.boolean().nullable(), last_seen: timestamp.nullable() })
  .meta({ id: 'Presence' });

/** An address a client may show as a picture: http(s), or a path on this server; empty removes it. */
export const avatarUrl = text({ max: 2048 }).refine(
  (value) => value === '' || /^(https?:\/\/[^\s]+|\/[^\s/][^\s]*)$/.test(value),
  'must be an http(s) address',
);

const sampleProfile = {
  id: '0198c6f2-8a40-7b1e-8a55-0c8f3d1b9e21',
  display_name: 'Mina',
  avatar_url: '',
  status_text: 'At the lake',
  created_at: '2026-03-01T09:12:44.310Z',
  updated_at: '2026-03-01T09:15:02.007Z',
};

export const me = define({
  kind: 'query',
  method: 'GET',
  path: '/users/me',
  operationId: 'getMe',
  tag: 'Users',
  access: 'self',
  summary: 'My profile',
  description: "The caller's own profile, with the phone number.",
  input: z.object({}),
  output: ownProfile,
  success: { 200: 'The profile' },
  errors: [],
  example: { input: {}, output: { ...sampleProfile, phone: '+491511234567' } },
});

export const updateMe = define({
  kind: 'mutation',
  method: 'PATCH',
  path: '/users/me',
  operationId: 'updateMe',
  tag: 'Users',
  access: 'self',
  summary: 'Change my profile',
  description: 'Changes the given fields and leaves the others.',
  input: z
    .object({
      display_name: text({ max: limits.displayName }).optional(),
      status_text: text({ max: limits.statusText }).optional(),
      avatar_url: avatarUrl.optional(),
    })
    .meta({ id: 'UpdateProfileRequest' }),
  output: ownProfile,
  success: { 200: 'The profile after the change' },
  errors: [],
  example: {
    input: { display_name: 'Mina', status_text: 'At the lake' },
    output: { ...sampleProfile, phone: '+491511234567' },
  },
});

export const setAvatar = defineUpload({
  method: 'PUT',
  path: '/users/me/avatar',
  operationId: 'setAvatar',
  tag: 'Users',
  access: 'self',
  summary: 'Change my photo',
  description: `An image of at most ${limits.mediaBytes.image / 2 ** 20} MB; it is made to fit ${limits.avatarSide} × ${limits.avatarSide} pixels. The answer's \`avatar_url\` is a path on this server that needs no token; an empty \`avatar_url\` in \`PATCH /users/me\` removes the photo.`,
  fields: z.object({}),
  file: 'A JPEG, PNG, WebP or GIF',
  maxBytes: limits.mediaBytes.image,
  output: ownProfile,
  success: { 200: 'The profile after the change' },
  errors: ['MEDIA_TOO_LARGE', 'MEDIA_INVALID_TYPE'],
  example: { ...sampleProfile, phone: '+491511234567' },
});

export const getUser = define({
  kind: 'query',
  method: 'GET',
  path: '/users/{id}',
  operationId: 'getUser',
  tag: 'Users',
  access: 'signed_in',
  summary: "Someone's profile",
  description: 'Without the phone number; photo and status text are empty where privacy hides them.',
  input: z.object({ id: uuid }),
  output: profile,
  success: { 200: 'The profile' },
  errors: ['NOT_FOUND'],
  example: { input: { id: sampleProfile.id }, output: sampleProfile },
});

export const getPresence = define({
  kind: 'query',
  method: 'GET',
  path: '/users/{id}/presence',
  operationId: 'getPresence',
  tag: 'Users',
  access: 'signed_in',
  summary: 'Whether someone is online',
  description: 'Both fields are null where the user hides them; unknown presence reads as offline.',
  input: z.object({ id: uuid }),
  output: presence,
  success: { 200: 'The presence' },
  errors: ['NOT_FOUND'],
  example: {
    input: { id: sampleProfile.id },
    output: { user_id: sampleProfile.id, online: false, last_seen: '2026-03-01T09:15:02.007Z' },
  },
});

export type OwnProfile = z.output<typeof ownProfile>;
export type Profile = z.output<typeof profile>;
export type Presence = z.output<typeof presence>;
