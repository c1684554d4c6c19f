/** Which messages lie in which spans of a chat, read with few queries. */
import type { MessageStore } from '@parley/core';

export type Span = Parameters<MessageStore['others']>[0][number];

/** A stretch of a chat: `seq` in (`from`, `to`]. */
export interface Range {
  chatId: string;
  from: number;
  to: number;
}

/** Whether all of a span can be read without more than it may give; such spans can share a query. */
export function isNarrow(span: Span): boolean {
  return span.to - span.from <= span.limit;
}

/** The stretches that spans cover, without overlaps: many readers of one message ask for the same. */
export function rangesOf(spans: readonly Span[]): Range[] {
  const sorted = [...spans]
    .filter((span) => span.to > span.from)
    .sort((a, b) => (a.chatId < b.chatId ? -1 : a.chatId > b.chatId ? 1 : a.from - b.from));
  const ranges: Range[] = [];
  for (const { chatId, from, to } of sorted) {
    const last = ranges.at(-1);
    if (last && last.chatId === chatId && from <= last.to) last.to = Math.max(last.to, to);
    else ranges.push({ chatId, from, to });
  }
  return ranges;
}
