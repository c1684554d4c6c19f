-- When is_pinned last became what it is; null if it never changed.
ALTER TABLE "chat_participants" ADD COLUMN "pin_changed_at" TIMESTAMPTZ(3);

-- A window begins and ends by the newest seq known at the change, until the place of the system message that tells of it is known.
-- False until then. Without it, a message stored late, after a crash, would move the window of somebody who was removed and
-- added again meanwhile.
ALTER TABLE "chat_participants" ADD COLUMN "is_join_settled" BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "chat_participants" ADD COLUMN "is_leave_settled" BOOLEAN NOT NULL DEFAULT true;
-- The chat as a member saw it last before it left: who is gone learns of nothing later.
ALTER TABLE "chat_participants" ADD COLUMN "left_view" JSONB;

-- With the chat too: between an index of users and one of chats and users, the planner takes either for a pair while the table was
-- never analysed, and a user may have a thousand chats.
DROP INDEX "chat_participants_user_id_idx";
CREATE INDEX "chat_participants_user_id_chat_id_idx" ON "chat_participants"("user_id", "chat_id");
