import type { ChatSummary } from '@parley/sdk';
import { lazy, Suspense, useState } from 'react';
import type { Point } from '../ui/popup-menu.tsx';

const RowMenu = lazy(async () => ({ default: (await import('./row-menu.tsx')).RowMenu }));
const LeaveDialog = lazy(async () => ({ default: (await import('./leave-dialog.tsx')).LeaveDialog }));

/** A menu that is asked for. */
export interface MenuRequest {
  /** Another one for each time, also for the same row: the menu before may still be closing. */
  readonly number: number;
  readonly chatId: string;
  readonly anchor: Element | Point;
  /** The row's link. */
  readonly row: HTMLElement | null;
}

export interface RowMenusProps {
  readonly chats: readonly ChatSummary[];
  readonly request: MenuRequest | null;
  /** This one is gone; another one may have been asked for since. */
  readonly onClosed: (request: MenuRequest) => void;
}

/** The menu of whichever row it is asked for, and what it asks in turn. */
export function RowMenus({ chats, request, onClosed }: RowMenusProps) {
  const [leaving, setLeaving] = useState<ChatSummary | null>(null);
  const chat = chats.find(({ chat_id }) => chat_id === request?.chatId);
  return (
    <Suspense>
      {chat && request && (
        <RowMenu
          key={request.number}
          chat={chat}
          anchor={request.anchor}
          returnFocus={() => request.row}
          onClosed={() => onClosed(request)}
          onLeave={() => setLeaving(chat)}
        />
      )}
      {leaving && <LeaveDialog chat={leaving} onClose={() => setLeaving(null)} />}
    </Suspense>
  );
}
