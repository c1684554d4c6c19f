/**
 * What the client needs of the contract's limits. A table of its own, so that those who load a page need not load all of them; a test
 * holds it against the contract.
 */
export const limits = {
  /** Unicode code points of a caption, and of a file's name. */
  caption: 1024,
  filename: 255,
  /** Messages per history page: asked for, and at most. */
  historyPage: { default: 50, max: 100 },
  /** Bytes of a file, by its type. */
  mediaBytes: { image: 16 * 2 ** 20, video: 64 * 2 ** 20, audio: 16 * 2 ** 20, document: 100 * 2 ** 20 },
  /** Ids in one `message.delivered` frame. */
  deliveredIds: 100,
  /** Users in one `presence.subscribe` frame. */
  presenceIds: 200,
  /** Bytes of a real-time frame. */
  frame: 64 * 1024,
  /** Seconds: how often a client pings. */
  heartbeat: { pingSeconds: 25 },
  /** Seconds after which typing ends by itself. */
  typingSeconds: 5,
} as const;
