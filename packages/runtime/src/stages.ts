/** Notes how long messages spend in the stages that lie behind core's ports, for the metrics `parley_message_stage_*`. */
import type { EventBus, MessageStore, SendTimes } from '@parley/core';
import type { MessageStages } from '@parley/platform';

/** For core: the stages up to the store. */
export function sendTimes(stages: Pick<MessageStages, 'authorise' | 'queue'>): SendTimes {
  return {
    authorised: (ms) => stages.authorise.one(ms),
    queued: (ms, messages) => stages.queue.several(ms, messages),
  };
}

/** The store, with its commits of messages timed; those that fail are left out. */
export function timedMessages(store: MessageStore, stages: Pick<MessageStages, 'store'>): MessageStore {
  return {
    async append(messages) {
      const begun = performance.now();
      const results = await store.append(messages);
      stages.store.together(performance.now() - begun, messages.length);
      return results;
    },
    change: (changes) => store.change(changes),
    known: (senderId, clientMsgId) => store.known(senderId, clientMsgId),
    byIds: (ids) => store.byIds(ids),
    page: (input) => store.page(input),
    others: (spans) => store.others(spans),
    unread: (asks, now) => store.unread(asks, now),
    newest: (asks, now) => store.newest(asks, now),
    activity: (chatIds, asOf) => store.activity(chatIds, asOf),
    heads: (chatIds) => store.heads(chatIds),
    newerHeads: (known, limit) => store.newerHeads(known, limit),
    changedSince: (asks) => store.changedSince(asks),
    between: (stretches) => store.between(stretches),
    expired: (now, limit) => store.expired(now, limit),
    carriers: (mediaId, limit) => store.carriers(mediaId, limit),
    carried: (mediaIds) => store.carried(mediaIds),
    carriedIn: (mediaId, windows, now) => store.carriedIn(mediaId, windows, now),
    searchChat: (input) => store.searchChat(input),
    searchChats: (input) => store.searchChats(input),
  };
}

/** The way to the bus, timed for new messages until it has them; what it does not take is left out. */
export function timedPublish(
  bus: Pick<EventBus, 'publish'>,
  stages: Pick<MessageStages, 'publish'>,
): Pick<EventBus, 'publish'> {
  return {
    async publish(events) {
      // A row's events are all of one kind.
      if (events[0]?.event_type !== 'msg.new') return bus.publish(events);
      const begun = performance.now();
      await bus.publish(events);
      stages.publish.together(performance.now() - begun, events.length);
    },
  };
}
