-- Sync (contract section 2): what a member that joined again held before is of another window.

-- The chat's state_version by which this membership began; 0 for who was there from the beginning.
ALTER TABLE "chat_participants" ADD COLUMN "joined_version" BIGINT NOT NULL DEFAULT 0;

-- Whose windows are not settled: hardly any, at any time. Positions are in none of its columns, so that moving them stays cheap.
CREATE INDEX "chat_participants_unsettled_idx" ON "chat_participants"("chat_id")
    WHERE NOT ("is_join_settled" AND "is_leave_settled");

-- Where a window ended by a message that was stored too late, it was left provisional. Nothing moves it any more: what waits for it may go on.
UPDATE "chat_participants" p SET "is_leave_settled" = true
WHERE NOT p."is_leave_settled" AND NOT EXISTS (
    SELECT 1 FROM "outbox" o WHERE o."subject" = 'chat.system' AND o."payload" -> 'message' ->> 'chat_id' = p."chat_id"::text
);
