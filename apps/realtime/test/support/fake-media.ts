/** Files as deliveries need them: what is known of some, and addresses. */
import type {
  DeviceTokenStore,
  MediaRecord,
  MediaStore,
  MediaTools,
  ObjectStore,
  PushGateway,
} from '@parley/core';
import { unused } from '../../../../tests/support/unused.ts';

export class FakeMedia implements MediaStore {
  readonly records = new Map<string, MediaRecord>();

  async byIds(ids: readonly string[]) {
    return new Map(
      ids.flatMap((id) => (this.records.has(id) ? [[id, this.records.get(id) as MediaRecord]] : [])),
    );
  }

  async claim(ids: readonly string[]) {
    return this.byIds(ids);
  }

  readonly add = unused;
  readonly release = unused;
  readonly complete = unused;
  readonly unprocessed = unused;
  readonly due = unused;
  readonly keep = unused;
  readonly doom = unused;
  readonly remove = unused;
}

export const fakeObjects: ObjectStore = {
  put: unused,
  get: unused,
  stat: unused,
  delete: unused,
  url: async (key) => `/objects/${key}`,
};

export const fakeMediaTools: MediaTools = { receive: unused, verify: unused, image: unused, footage: unused };

export const fakeDevices: DeviceTokenStore = {
  register: unused,
  remove: unused,
  of: unused,
  drop: unused,
  expire: unused,
};

export const fakePushes: PushGateway = { send: unused };
