/** What every engine behind `MessageStore`, with its part of the outbox, promises. */
import { afterEach, beforeEach } from 'vitest';
import { appendContract } from './message-contract/append.ts';
import { appendRaceContract } from './message-contract/append-races.ts';
import { changeBatchContract } from './message-contract/change-batches.ts';
import { changeContract } from './message-contract/changes.ts';
import { countContract } from './message-contract/counts.ts';
import type { Kit, MessageStoreEngine, MessageStoreInstance } from './message-contract/kit.ts';
import { mediaContract } from './message-contract/media.ts';
import { modelContract } from './message-contract/model.ts';
import { outboxContract } from './message-contract/outbox.ts';
import { searchContract } from './message-contract/search.ts';
import { searchChatsContract } from './message-contract/search-chats.ts';
import { syncContract } from './message-contract/sync.ts';

export {
  context,
  type MessageStoreEngine,
  type MessageStoreInstance,
  message,
} from './message-contract/kit.ts';

/** Registers the tests; `engine` is called when they run. */
export function messageStoreContract(engine: () => MessageStoreEngine): void {
  let instances: MessageStoreInstance[] = [];
  const open = async () => {
    const instance = await engine().open();
    instances.push(instance);
    return instance;
  };
  const first = () => {
    const [instance] = instances;
    if (!instance) throw new Error('the stores are there while a test runs');
    return instance;
  };
  beforeEach(async () => {
    await open();
  });
  afterEach(async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    instances = [];
  });

  const kit: Kit = {
    get store() {
      return first().messages;
    },
    get outbox() {
      return first().outbox;
    },
    open,
  };
  appendContract(kit);
  appendRaceContract(kit);
  outboxContract(kit);
  changeContract(kit);
  changeBatchContract(kit);
  countContract(kit);
  mediaContract(kit);
  modelContract(kit);
  searchContract(kit);
  searchChatsContract(kit);
  syncContract(kit);
}
