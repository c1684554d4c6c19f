/** Sizes and times that both sides rely on (contract sections 1, 2 and 4). */
export const limits = {
  /** Unicode code points of a text message. */
  messageBody: 4096,
  caption: 1024,
  displayName: 64,
  statusText: 140,
  /** Messages per history page: asked for, and at most. */
  historyPage: { default: 50, max: 100 },
  chatPage: { default: 20, max: 100 },
  /** Changes and messages in an answer of `sync`: asked for, and at most. */
  syncPage: { default: 200, max: 500 },
  /** Chats that one call of `sync` may name, and the bytes of its body. */
  syncChats: 10_000,
  syncBody: 1024 * 1024,
  /** Missed changes of a chat's messages that `sync` still tells one by one. */
  syncSpan: 10_000,
  /** Messages of a chat that `sync` tells where it begins anew. */
  syncFirst: 20,
  /** Messages per page of search results and of starred messages. */
  searchPage: { default: 20, max: 50 },
  /** Unicode code points of a search. */
  searchQuery: 256,
  /** Members of a group, the one who made it included. */
  groupMembers: 256,
  /** People who are or ever were in a group. */
  everMembers: 4096,
  groupName: 100,
  groupDescription: 512,
  /** Chats that one call may forward to. */
  forwardTargets: 20,
  /** Phone numbers in one contact sync. */
  contactNumbers: 1000,
  /** Seconds after sending in which a message can be edited. */
  editSeconds: 15 * 60,
  /** Seconds after which messages of a chat disappear; 0 is never. */
  autoDeleteSeconds: [0, 86_400, 604_800, 7_776_000],
  /** Bytes of a file, by its type. */
  mediaBytes: { image: 16 * 2 ** 20, video: 64 * 2 ** 20, audio: 16 * 2 ** 20, document: 100 * 2 ** 20 },
  /** Pixels of an image, all its frames together. */
  imagePixels: 100_000_000,
  /** Unicode code points of a file's name. */
  filename: 255,
  /** Pixels: the width of thumbnails, and the longest side of avatars. */
  thumbnailWidth: 200,
  avatarSide: 640,
  /** Seconds that the address of a file works. */
  mediaUrlSeconds: 3600,
  /** Seconds after which a file that nothing refers to is deleted. */
  orphanSeconds: 24 * 3600,
  /** Seconds for which messages of a group gather into one push. */
  pushWindowSeconds: 3,
  /** Seconds that a push may wait for a device that is off. */
  pushTtlSeconds: 86_400,
  /** Ids in one `message.delivered` frame. */
  deliveredIds: 100,
  /** Users in one `presence.subscribe` frame. */
  presenceIds: 200,
  /** Seconds an OTP can be used. */
  otpSeconds: 300,
  /** Seconds an access token lives. */
  accessTokenSeconds: 900,
  /** Seconds a refresh token lives: 30 days. */
  refreshTokenSeconds: 30 * 24 * 3600,
  /** Seconds in which a rotated refresh token still gets a good pair. */
  refreshGraceSeconds: 10,
  /** Bytes of a JSON request body. */
  jsonBody: 256 * 1024,
  /** Bytes of a real-time frame. */
  frame: 64 * 1024,
  /** Frames, and bytes, that may wait for a slow reader. */
  outbound: { frames: 256, bytes: 1024 * 1024 },
  /** Seconds: how often a client pings, and the silence that closes a connection. */
  heartbeat: { pingSeconds: 25, silenceSeconds: 60 },
  /** Seconds a raw connection may take to send its `auth` frame. */
  authSeconds: 10,
  /** Seconds after which typing ends by itself. */
  typingSeconds: 5,
  /** Seconds a presence lease lives without a sign of life. */
  presenceSeconds: 60,
} as const;

/** One rate limit: `points` per `seconds`, and how many more a burst may take in that time. */
export interface RateLimit {
  readonly points: number;
  readonly seconds: number;
  readonly burst?: number;
}

/** Contract section 3. Every number can be changed by configuration. */
export const rateLimits = {
  otpRequest: { points: 3, seconds: 300 },
  otpVerify: { points: 5, seconds: 300 },
  apiUser: { points: 100, seconds: 60, burst: 20 },
  apiIp: { points: 30, seconds: 60 },
  socketMessage: { points: 30, seconds: 10 },
  /** Frames that neither send nor change messages (receipts, typing, presence): a guard against floods, not part of the contract. */
  socketFrame: { points: 300, seconds: 10 },
  mediaUpload: { points: 10, seconds: 60 },
  contactSync: { points: 5, seconds: 60 },
} as const satisfies Record<string, RateLimit>;

/** What is counted separately (contract section 3). */
export type RateScope = keyof typeof rateLimits;
