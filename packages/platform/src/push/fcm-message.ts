/** A push as FCM's HTTP v1 wants it (contract section 6): data alone, so that the app decides what a notification says. */
import type { Push } from '@parley/core';
import type { TokenMessage } from 'firebase-admin/messaging';

/**
 * Names of our data that FCM keeps for itself, and what they are called on its wire. `message_type` is how Android's library tells
 * FCM's own kinds of messages apart: with it, FCM answers that all is well and the app never sees the push.
 */
export const fcmDataNames: Readonly<Record<string, string>> = { message_type: 'msg_type' };

/** `now` is in milliseconds since the epoch. */
export function fcmMessage(push: Push, now: number): TokenMessage {
  const { token, priority, ttlSeconds } = push;
  const data = Object.entries(push.data).flatMap(([name, value]) =>
    value === undefined ? [] : [[fcmDataNames[name] ?? name, value] as const],
  );
  return {
    token,
    data: Object.fromEntries(data),
    android: { priority, ttl: ttlSeconds * 1000 },
    apns: {
      headers: {
        'apns-push-type': 'background',
        // The only priority that APNs takes for a push that shows nothing by itself.
        'apns-priority': '5',
        'apns-expiration': String(Math.floor(now / 1000) + ttlSeconds),
      },
      payload: { aps: { contentAvailable: true } },
    },
    webpush: { headers: { TTL: String(ttlSeconds), Urgency: priority } },
  };
}
