import type { BusPayload } from '@parley/contract';
import { describeChat } from '@parley/core';
import type { RealtimeContext } from '../context.ts';
import { serverFrame } from '../frame.ts';

/** `chat.created` for each participant who is connected here, with names and photos as that one may see them. */
export async function deliverChat(ctx: RealtimeContext, payload: BusPayload<'chat.created'>): Promise<void> {
  const viewers = payload.participants.map((member) => member.user_id).filter((id) => ctx.hub.has(id));
  await Promise.all(
    viewers.map(async (viewer) => {
      const chat = await describeChat(ctx.core, viewer, payload.chat_id);
      if (!chat) return;
      const data = {
        chat_id: chat.chat_id,
        type: chat.type,
        name: chat.name,
        participants: chat.participants,
        state_version: payload.state_version,
        user_version: payload.user_versions[viewer] ?? 0,
      };
      ctx.hub.deliver([viewer], serverFrame('chat.created', data, ctx.core.clock.now()));
    }),
  );
}
