/** The engines behind core's port of pushes. */
export { type BreakerState, breakerStates } from './breaker.ts';
export { type FcmAccount, readFcmAccount } from './credentials.ts';
export { FcmGateway, type FcmOptions } from './fcm.ts';
export { fcmDataNames } from './fcm-message.ts';
export { inboxPush, pushText } from './inbox.ts';
export type { PushMetrics, PushOutcome } from './report.ts';
