/** Editing: the text of a text message, the caption of a file (contract section 2, Messages). */
import { type InputOf, limits, type Message, type MessagePayload } from '@parley/contract';
import type { Caller, Core } from '../context.ts';
import { AppError } from '../error.ts';
import { newContext } from '../lib/events.ts';
import { isoTime } from '../lib/times.ts';
import type { ChatRecord, StoredMessage } from '../ports/stores.ts';
import { searchTokens } from '../search/tokens.ts';
import { accessLiveMessage } from './access.ts';
import { applyChanges, type ChangeParts } from './changes.ts';
import { presentMessages } from './present.ts';

type Parts = ChangeParts & Pick<Core, 'marks' | 'privacy'>;
type Edit = InputOf<'messages.edit'>['payload'];

/**
 * Replaces what the caller wrote; an edit that changes nothing leaves the message as it is. Answers it as the caller sees it. Errors:
 * `NOT_FOUND` (no message that the caller can still read), `NOT_CHAT_MEMBER`, `USER_BLOCKED`, `NOT_ADMIN`, `FORBIDDEN` (another's, of a
 * type that cannot be edited, or sent more than `limits.editSeconds` ago), `VALIDATION_ERROR` (the payload does not fit the type).
 */
export async function editMessage(
  core: Parts,
  caller: Caller,
  input: InputOf<'messages.edit'>,
): Promise<Message> {
  const { message, chat } = await accessLiveMessage(core, caller, input.id, 'post');
  checkMayEdit(message, caller, core.clock.now());
  const payload = editedPayload(message, input.payload);
  const [stored, current] = await Promise.all([
    payload ? store(core, caller, message, payload) : message,
    core.chatCache.fresh(message.chat_id),
  ]);
  return presented(core, caller, current ?? chat, stored);
}

function checkMayEdit(message: StoredMessage, caller: Caller, now: number): void {
  if (message.sender_id !== caller.userId) {
    throw new AppError('FORBIDDEN', 'Only its sender may edit a message');
  }
  if (!['text', 'image', 'video', 'document'].includes(message.type)) {
    throw new AppError('FORBIDDEN', 'Messages of this type cannot be edited');
  }
  if (now - Date.parse(message.created_at) > limits.editSeconds * 1000) {
    throw new AppError(
      'FORBIDDEN',
      `A message can be edited in the first ${limits.editSeconds / 60} minutes after it was sent`,
    );
  }
}

/** The payload after the edit; undefined where it is as it was. */
function editedPayload(message: StoredMessage, edit: Edit): MessagePayload | undefined {
  const { payload } = message;
  if (message.type === 'text') {
    if (!('body' in edit)) throw unfit('a text message needs a body');
    return 'body' in payload && payload.body === edit.body ? undefined : { body: edit.body };
  }
  if (!('caption' in edit) || !('media_id' in payload)) throw unfit('a file needs a caption');
  const file: MessagePayload & { caption?: string | undefined } = { ...payload };
  if ((file.caption ?? '') === edit.caption) return undefined;
  if (edit.caption === '') delete file.caption;
  else file.caption = edit.caption;
  return file;
}

function unfit(message: string): AppError {
  return new AppError('VALIDATION_ERROR', undefined, { details: [{ path: 'payload', message }] });
}

async function store(
  core: Parts,
  caller: Caller,
  message: StoredMessage,
  payload: MessagePayload,
): Promise<StoredMessage> {
  const [result] = await applyChanges(core, [
    {
      kind: 'edit',
      messageId: message.message_id,
      chatId: message.chat_id,
      payload,
      tokens: searchTokens(message.type, payload),
      at: isoTime(core.clock.now()),
      context: newContext(caller),
    },
  ]);
  if (!result || result.outcome === 'gone') throw new AppError('NOT_FOUND', 'There is no such message');
  return result.message;
}

async function presented(
  core: Parts,
  caller: Caller,
  chat: ChatRecord,
  message: StoredMessage,
): Promise<Message> {
  const [shown] = await presentMessages(core, chat, caller.userId, [message]);
  if (!shown) throw new AppError('NOT_FOUND', 'There is no such message');
  return shown;
}
