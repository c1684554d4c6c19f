import type { Message } from '@parley/sdk';
import { createContext, useContext } from 'react';

/** Shows the file of a message full-screen. */
export type OpenViewer = (message: Message) => void;

export const ViewerContext = createContext<OpenViewer | null>(null);

/** Null outside of a `DropZone`, where there is no viewer. */
export function useOpenViewer(): OpenViewer | null {
  return useContext(ViewerContext);
}
