/** Contract section 2, Users: contacts, blocks and privacy. */
import { z } from 'zod';
import { define } from './define.ts';
import { limits } from './limits.ts';
import { phone, uuid } from './primitives.ts';

const someone = '0198c6f2-9c01-7d44-9e10-7e0a54b1c3d2';

export const registeredUser = z
  .object({ phone, user_id: uuid, display_name: z.string(), avatar_url: z.string() })
  .meta({ id: 'RegisteredUser' });

export const contact = z
  .object({
    user_id: uuid,
    display_name: z.string(),
    avatar_url: z.string(),
    status_text: z.string(),
    is_blocked: z.boolean().meta({ description: 'The caller blocked this user' }),
  })
  .meta({ id: 'Contact' });

export const syncContacts = define({
  kind: 'mutation',
  method: 'POST',
  path: '/users/contacts/sync',
  operationId: 'syncContacts',
  tag: 'Users',
  access: 'self',
  summary: 'Find out which phone numbers are here',
  description:
    'Those found become contacts. Spaces, dashes, dots and brackets in numbers are ignored; what is no phone number then is passed over. At most 5 calls a minute.',
  input: z
    .object({ phone_numbers: z.array(z.string().max(64)).min(1).max(limits.contactNumbers) })
    .meta({ id: 'SyncContactsRequest' }),
  output: z.object({ registered_users: z.array(registeredUser) }).meta({ id: 'SyncContactsResult' }),
  success: { 200: 'Who is here' },
  errors: ['TOO_MANY_REQUESTS'],
  example: {
    input: { phone_numbers: ['+49 151 123-4567', '+44 20 7946 0000'] },
    output: {
      registered_users: [{ phone: '+491511234567', user_id: someone, display_name: 'Jonas', avatar_url: '' }],
    },
  },
});

export const listContacts = define({
  kind: 'query',
  method: 'GET',
  path: '/users/contacts',
  operationId: 'listContacts',
  tag: 'Users',
  access: 'self',
  summary: 'My contacts',
  description: 'By name. Photo and status text are empty where privacy hides them.',
  input: z.object({}),
  output: z.object({ contacts: z.array(contact) }).meta({ id: 'ContactList' }),
  success: { 200: 'The contacts' },
  errors: [],
  example: {
    input: {},
    output: {
      contacts: [
        { user_id: someone, display_name: 'Jonas', avatar_url: '', status_text: '', is_blocked: false },
      ],
    },
  },
});

const blockResult = z.object({ user_id: uuid, blocked: z.boolean() }).meta({ id: 'BlockResult' });

export const blockUser = define({
  kind: 'mutation',
  method: 'POST',
  path: '/users/{id}/block',
  operationId: 'blockUser',
  tag: 'Users',
  access: 'signed_in',
  summary: 'Block someone',
  description:
    'Neither can message the other directly from now on, and neither sees presence, photo or status text of the other. Groups go on. Blocking again changes nothing.',
  input: z.object({ id: uuid }),
  output: blockResult,
  success: { 200: 'Blocked' },
  errors: ['NOT_FOUND', 'BAD_REQUEST'],
  example: { input: { id: someone }, output: { user_id: someone, blocked: true } },
});

export const unblockUser = define({
  kind: 'mutation',
  method: 'DELETE',
  path: '/users/{id}/block',
  operationId: 'unblockUser',
  tag: 'Users',
  access: 'signed_in',
  summary: 'Unblock someone',
  description:
    'What they sent meanwhile was refused and does not come after. Unblocking again changes nothing.',
  input: z.object({ id: uuid }),
  output: blockResult,
  success: { 200: 'Not blocked' },
  errors: ['NOT_FOUND', 'BAD_REQUEST'],
  example: { input: { id: someone }, output: { user_id: someone, blocked: false } },
});

const audience = z.enum(['everyone', 'contacts', 'nobody']);

export const privacySettings = z
  .object({
    last_seen: audience.meta({ description: 'Hides whether one is online, too' }),
    profile_photo: audience,
    about: audience,
    read_receipts: z.boolean().meta({ description: 'False works both ways, except in groups' }),
  })
  .meta({ id: 'PrivacySettings' });

const samplePrivacy = {
  last_seen: 'contacts' as const,
  profile_photo: 'everyone' as const,
  about: 'everyone' as const,
  read_receipts: true,
};

export const getPrivacy = define({
  kind: 'query',
  method: 'GET',
  path: '/users/me/privacy',
  operationId: 'getPrivacy',
  tag: 'Users',
  access: 'self',
  summary: 'My privacy settings',
  description: '`contacts` means: those who are in my contacts.',
  input: z.object({}),
  output: privacySettings,
  success: { 200: 'The settings' },
  errors: [],
  example: { input: {}, output: samplePrivacy },
});

export const updatePrivacy = define({
  kind: 'mutation',
  method: 'PUT',
  path: '/users/me/privacy',
  operationId: 'updatePrivacy',
  tag: 'Users',
  access: 'self',
  summary: 'Change my privacy settings',
  description: 'Changes the given ones and leaves the others; felt at once, also by those who watch.',
  input: privacySettings.partial().meta({ id: 'UpdatePrivacyRequest' }),
  output: privacySettings,
  success: { 200: 'The settings after the change' },
  errors: [],
  example: { input: { last_seen: 'contacts' }, output: samplePrivacy },
});

export type PrivacySettings = z.output<typeof privacySettings>;
export type RegisteredUser = z.output<typeof registeredUser>;
export type Contact = z.output<typeof contact>;
