-- Tokens that nobody registered again for long are forgotten, the oldest first.
CREATE INDEX "device_tokens_updated_at_idx" ON "device_tokens"("updated_at");

-- Which session still has a token that works is looked up by this; it does for look-ups by the session alone, too.
CREATE INDEX "refresh_tokens_session_id_expires_at_idx" ON "refresh_tokens"("session_id", "expires_at");
DROP INDEX "refresh_tokens_session_id_idx";
-- Sessions that are over. Every session keeps a token that was never rotated, its last one: those are few, where a session that lives has
-- thousands of rotated ones.
CREATE INDEX "refresh_tokens_last_idx" ON "refresh_tokens"("expires_at") WHERE "rotated_at" IS NULL;

-- What workers remember of pushes for a day, where no Redis does so. No foreign keys: the messages may be in another engine, and what
-- refers to something that is gone goes within a day.

-- Messages of a group that wait for the end of a recipient's window. A row stays when its window is taken: it knows which messages left.
CREATE TABLE "push_windows" (
    "chat_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "is_open" BOOLEAN NOT NULL,
    -- When the open window ends; where none is open, when the last one was taken.
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    -- Messages up to this one are not added: they left with a window, or are too old for the open one, which keeps its newest.
    "floor_seq" BIGINT NOT NULL DEFAULT 0,
    "message_count" INTEGER NOT NULL,
    -- The newest messages, oldest first.
    "seqs" BIGINT[] NOT NULL,
    "message_ids" UUID[] NOT NULL,
    CONSTRAINT "push_windows_pkey" PRIMARY KEY ("chat_id", "user_id")
-- A hundred messages are 2.5 KB, which would be moved out of the row and back with every further message.
) WITH (fillfactor = 60, toast_tuple_target = 8160);
CREATE INDEX "push_windows_is_open_due_at_idx" ON "push_windows"("is_open", "due_at");

-- Windows that a worker deals with. The lease changes with every worker that takes them.
CREATE TABLE "push_taken_windows" (
    "lease" UUID NOT NULL,
    "chat_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    -- When another worker may take it.
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "taken_at" TIMESTAMPTZ(3) NOT NULL,
    "message_count" INTEGER NOT NULL,
    "seqs" BIGINT[] NOT NULL,
    "message_ids" UUID[] NOT NULL,
    CONSTRAINT "push_taken_windows_pkey" PRIMARY KEY ("lease")
) WITH (toast_tuple_target = 8160);
CREATE INDEX "push_taken_windows_due_at_idx" ON "push_taken_windows"("due_at");
CREATE INDEX "push_taken_windows_taken_at_idx" ON "push_taken_windows"("taken_at");

-- What was pushed to which device.
CREATE TABLE "push_claims" (
    "message_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "push_claims_pkey" PRIMARY KEY ("message_id", "device_id")
);
CREATE INDEX "push_claims_claimed_at_idx" ON "push_claims"("claimed_at");

-- Devices that show something of a chat.
CREATE TABLE "push_shown" (
    "user_id" UUID NOT NULL,
    "chat_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "shown_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "push_shown_pkey" PRIMARY KEY ("user_id", "chat_id", "device_id")
);
CREATE INDEX "push_shown_shown_at_idx" ON "push_shown"("shown_at");

-- Why a user was pushed a message, or was not: for operators.
CREATE TABLE "push_notes" (
    "message_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "reason" VARCHAR(20) NOT NULL,
    "detail" TEXT,
    "noted_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "push_notes_pkey" PRIMARY KEY ("message_id", "user_id")
);
CREATE INDEX "push_notes_noted_at_idx" ON "push_notes"("noted_at");
