-- What users marked for themselves: starred messages, and messages deleted for them alone. No foreign keys to messages, because
-- another engine can hold them; `chat_id` and `seq` say where the message stands.
CREATE TABLE "message_marks" (
    "user_id" UUID NOT NULL,
    "message_id" UUID NOT NULL,
    "chat_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    -- Milliseconds, as clients see it: what a cursor carries is then exactly what is stored.
    "starred_at" TIMESTAMPTZ(3),
    -- For ever.
    "hidden" BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT "message_marks_pkey" PRIMARY KEY ("user_id", "message_id")
);
ALTER TABLE "message_marks" ADD CONSTRAINT "message_marks_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The list of starred messages, a page at a time.
CREATE INDEX "message_marks_starred_idx" ON "message_marks"("user_id", "starred_at" DESC, "message_id" DESC)
    WHERE "starred_at" IS NOT NULL AND NOT "hidden";
-- What a page of a chat must leave out.
CREATE INDEX "message_marks_hidden_idx" ON "message_marks"("user_id", "chat_id", "seq") WHERE "hidden";
