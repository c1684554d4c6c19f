/** A user's signed-in devices (beyond the papers: people ask where they are signed in, and end what they do not know). */
import { z } from 'zod';
import { deviceInfo } from './auth.ts';
import { define } from './define.ts';
import { timestamp, uuid } from './primitives.ts';

export const session = z
  .object({
    session_id: uuid,
    device: z
      .object({ name: z.string().nullable(), platform: deviceInfo.shape.platform.unwrap().nullable() })
      .meta({ id: 'SessionDevice', description: 'As it was told when signing in' }),
    is_current: z.boolean().meta({ description: 'The one that asks' }),
    created_at: timestamp.meta({
      description: 'When it signed in, as far back as is known (30 days after a refresh)',
    }),
    last_active_at: timestamp.meta({
      description: 'When it renewed its tokens last: at most 15 minutes before it was last used',
    }),
  })
  .meta({ id: 'Session' });

const sample = {
  session_id: '0198c6f2-8a40-7c2e-8a55-0c8f3d1b9e21',
  device: { name: 'Pixel 9', platform: 'android' as const },
  is_current: true,
  created_at: '2026-03-01T09:12:44.310Z',
  last_active_at: '2026-03-01T09:27:02.120Z',
};

export const listSessions = define({
  kind: 'query',
  method: 'GET',
  path: '/auth/sessions',
  operationId: 'listSessions',
  tag: 'Auth',
  access: 'self',
  summary: 'Where I am signed in',
  description: "The caller's sessions that can still be renewed, the last active first.",
  input: z.object({}),
  output: z.object({ sessions: z.array(session) }).meta({ id: 'SessionList' }),
  success: { 200: 'The sessions' },
  errors: [],
  example: { input: {}, output: { sessions: [sample] } },
});

export const endSession = define({
  kind: 'mutation',
  method: 'DELETE',
  path: '/auth/sessions/{id}',
  operationId: 'endSession',
  tag: 'Auth',
  access: 'self',
  summary: 'Sign out one of my devices',
  description:
    'Does to that session what signing out there would do. Repeating it changes nothing; a session of somebody else answers like one that does not exist.',
  input: z.object({ id: uuid }),
  output: z.object({ session_id: uuid }).meta({ id: 'EndSessionResult' }),
  success: { 200: 'Signed out' },
  errors: ['NOT_FOUND', 'SERVICE_UNAVAILABLE'],
  example: { input: { id: sample.session_id }, output: { session_id: sample.session_id } },
});

export type Session = z.output<typeof session>;
