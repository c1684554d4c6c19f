export type { Chat, Message, MessageStatus, ServerEventData } from '@parley/contract';
export type { RoomEvent } from '../../src/view/room.ts';
