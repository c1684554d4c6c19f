/** What `chat.updated` tells of. Apart from the chats themselves, so that a client can fold it into what it holds. */
import { z } from 'zod';
import { autoDeleteSeconds, roles } from './chats.ts';
import { timestamp, uuid } from './primitives.ts';

/** The fields that changed, each with its new value. */
export const chatChanges = z
  .object({
    name: z.string(),
    description: z.string(),
    avatar_url: z.string(),
    is_admin_only: z.boolean(),
    auto_delete_seconds: autoDeleteSeconds,
    /** New roles, by user id. */
    roles: z.record(uuid, z.enum(roles)),
    is_muted: z.boolean(),
    mute_until: timestamp.nullable(),
    is_pinned: z.boolean(),
  })
  .partial()
  .meta({ id: 'ChatChanges' });

export type ChatChanges = z.output<typeof chatChanges>;
