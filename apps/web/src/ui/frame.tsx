import { CSPProvider } from '@base-ui/react/csp-provider';
import { DirectionProvider } from '@base-ui/react/direction-provider';
import type { ReactNode } from 'react';
import { language } from '../lib/language.ts';
import { ToastProvider } from './toast.tsx';
import { Tooltips } from './tooltips.tsx';

/** What the kit needs around everything. The page's policy allows no style elements, so none are made. */
export function Frame({ children }: { children: ReactNode }) {
  return (
    <CSPProvider disableStyleElements>
      <DirectionProvider direction={language.dir}>
        <ToastProvider>{children}</ToastProvider>
        <Tooltips />
      </DirectionProvider>
    </CSPProvider>
  );
}
