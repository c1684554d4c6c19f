-- Contract section 7: users, contacts, chats, chat_participants, groups, device_tokens, refresh_tokens, privacy_settings,
-- with the columns and checks of PRD 5.1; what goes beyond them is commented where it stands.

CREATE TABLE "users" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "phone" VARCHAR(20) NOT NULL,
    "display_name" VARCHAR(64) NOT NULL DEFAULT '',
    "avatar_url" TEXT NOT NULL DEFAULT '',
    "status_text" VARCHAR(140) NOT NULL DEFAULT 'Hey there! I am using Parley.',
    "last_seen" TIMESTAMPTZ(3),
    "user_version" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "users_phone_key" ON "users"("phone");

-- What raised a user's user_version: told to the user's devices by sync.
CREATE TABLE "user_changes" (
    "user_id" UUID NOT NULL,
    "version" BIGINT NOT NULL,
    "kind" VARCHAR(20) NOT NULL,
    "ref" UUID,
    CONSTRAINT "user_changes_pkey" PRIMARY KEY ("user_id", "version")
);

CREATE TABLE "contacts" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "contact_id" UUID NOT NULL,
    "nickname" VARCHAR(64) NOT NULL DEFAULT '',
    "is_contact" BOOLEAN NOT NULL DEFAULT true,
    "is_blocked" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "contacts_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "contacts_user_id_contact_id_key" ON "contacts"("user_id", "contact_id");
CREATE INDEX "contacts_contact_id_idx" ON "contacts"("contact_id");

CREATE TABLE "chats" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "type" VARCHAR(10) NOT NULL,
    -- Both user ids of a direct chat, in order: one chat per pair.
    "direct_key" VARCHAR(73),
    "state_version" BIGINT NOT NULL DEFAULT 0,
    "auto_delete_seconds" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "chats_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "chats_type_check" CHECK ("type" IN ('direct', 'group')),
    CONSTRAINT "chats_direct_key_check" CHECK (("type" = 'direct') = ("direct_key" IS NOT NULL)),
    CONSTRAINT "chats_auto_delete_check" CHECK ("auto_delete_seconds" IN (0, 86400, 604800, 7776000))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX "chats_direct_key_key" ON "chats"("direct_key");

CREATE TABLE "chat_participants" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "chat_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "role" VARCHAR(10) NOT NULL DEFAULT 'member',
    "is_muted" BOOLEAN NOT NULL DEFAULT false,
    "mute_until" TIMESTAMPTZ(3),
    "is_pinned" BOOLEAN NOT NULL DEFAULT false,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "left_at" TIMESTAMPTZ(3),
    -- Messages with joined_seq < seq <= left_seq are the member's to see.
    "joined_seq" BIGINT NOT NULL DEFAULT 0,
    "left_seq" BIGINT,
    -- Positions: they only move forward; status, receipts and unread counts follow from them.
    "delivered_seq" BIGINT NOT NULL DEFAULT 0,
    "read_seq" BIGINT NOT NULL DEFAULT 0,
    -- The chat's state_version at this row's last change.
    "state_version" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "chat_participants_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "chat_participants_role_check" CHECK ("role" IN ('admin', 'member'))
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX "chat_participants_chat_id_user_id_key" ON "chat_participants"("chat_id", "user_id");
CREATE INDEX "chat_participants_user_id_idx" ON "chat_participants"("user_id");

-- When each position was reached: the times in receipts.
CREATE TABLE "position_marks" (
    "chat_id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "kind" VARCHAR(10) NOT NULL,
    "seq" BIGINT NOT NULL,
    "reached_at" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "position_marks_pkey" PRIMARY KEY ("chat_id", "user_id", "kind", "seq"),
    CONSTRAINT "position_marks_kind_check" CHECK ("kind" IN ('delivered', 'read'))
);

CREATE TABLE "groups" (
    "chat_id" UUID NOT NULL,
    "name" VARCHAR(100) NOT NULL,
    "description" VARCHAR(512) NOT NULL DEFAULT '',
    "avatar_url" TEXT NOT NULL DEFAULT '',
    "created_by" UUID NOT NULL,
    "is_admin_only" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "groups_pkey" PRIMARY KEY ("chat_id")
);

CREATE TABLE "device_tokens" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "token" TEXT NOT NULL,
    "platform" VARCHAR(10) NOT NULL DEFAULT 'android',
    -- The session that registered it: signing out removes it.
    "session_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "device_tokens_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "device_tokens_token_key" ON "device_tokens"("token");
CREATE INDEX "device_tokens_user_id_idx" ON "device_tokens"("user_id");
CREATE INDEX "device_tokens_session_id_idx" ON "device_tokens"("session_id");

CREATE TABLE "refresh_tokens" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "token_hash" VARCHAR(128) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    -- The family: all tokens that came from one sign-in. It is the session id of the access tokens.
    "session_id" UUID NOT NULL,
    "rotated_at" TIMESTAMPTZ(3),
    "device_name" VARCHAR(100),
    "device_platform" VARCHAR(10),
    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "refresh_tokens_token_hash_key" ON "refresh_tokens"("token_hash");
CREATE INDEX "refresh_tokens_user_id_idx" ON "refresh_tokens"("user_id");
CREATE INDEX "refresh_tokens_session_id_idx" ON "refresh_tokens"("session_id");

CREATE TABLE "privacy_settings" (
    "user_id" UUID NOT NULL,
    "last_seen" VARCHAR(20) NOT NULL DEFAULT 'everyone',
    "profile_photo" VARCHAR(20) NOT NULL DEFAULT 'everyone',
    "about" VARCHAR(20) NOT NULL DEFAULT 'everyone',
    "read_receipts" BOOLEAN NOT NULL DEFAULT true,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "privacy_settings_pkey" PRIMARY KEY ("user_id"),
    CONSTRAINT "privacy_settings_last_seen_check" CHECK ("last_seen" IN ('everyone', 'contacts', 'nobody')),
    CONSTRAINT "privacy_settings_profile_photo_check" CHECK ("profile_photo" IN ('everyone', 'contacts', 'nobody')),
    CONSTRAINT "privacy_settings_about_check" CHECK ("about" IN ('everyone', 'contacts', 'nobody'))
);

ALTER TABLE "user_changes" ADD CONSTRAINT "user_changes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_contact_id_fkey" FOREIGN KEY ("contact_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "chat_participants" ADD CONSTRAINT "chat_participants_chat_id_fkey" FOREIGN KEY ("chat_id") REFERENCES "chats"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "chat_participants" ADD CONSTRAINT "chat_participants_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "groups" ADD CONSTRAINT "groups_chat_id_fkey" FOREIGN KEY ("chat_id") REFERENCES "chats"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "groups" ADD CONSTRAINT "groups_created_by_fkey" FOREIGN KEY ("created_by") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "device_tokens" ADD CONSTRAINT "device_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "privacy_settings" ADD CONSTRAINT "privacy_settings_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What is committed but perhaps not published yet (design rule 2). Rows go once their events are on the bus.
CREATE TABLE "outbox" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "subject" VARCHAR(64) NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    -- Until then a relay works on it.
    "claimed_until" TIMESTAMPTZ(3),
    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- Events that a consumer could not handle, after the last redelivery.
CREATE TABLE "dead_letters" (
    "id" BIGINT GENERATED ALWAYS AS IDENTITY,
    "consumer" VARCHAR(64) NOT NULL,
    "event" JSONB NOT NULL,
    "error" TEXT NOT NULL,
    "deliveries" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    CONSTRAINT "dead_letters_pkey" PRIMARY KEY ("id")
);

-- Moves read and delivered positions forward (a read moves both). Each chat that moved gets the next state_version under its
-- row's lock; one outbox row tells of the whole batch, and outbox rows published meanwhile are forgotten. A (chat, user)
-- pair stands in a batch once; pairs without a participant give no row.
CREATE FUNCTION "parley_advance"(
    p_chat_ids UUID[], p_user_ids UUID[], p_delivered BIGINT[], p_read BIGINT[], p_contexts TEXT[], p_published BIGINT[]
) RETURNS TABLE (ord BIGINT, delivered_from BIGINT, delivered_to BIGINT, read_from BIGINT, read_to BIGINT,
                 new_state_version BIGINT, moved_at TIMESTAMPTZ, outbox_id BIGINT)
LANGUAGE plpgsql
-- One plan for all calls, by index look-ups: planning anew, or reading a whole table, costs more than the move.
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
DECLARE
    v_now TIMESTAMPTZ(3) := clock_timestamp();
BEGIN
    -- In one order for everybody, so that batches cannot wait for each other in a circle.
    PERFORM 1 FROM chats c WHERE c.id = ANY(p_chat_ids) ORDER BY c.id FOR NO KEY UPDATE;

    RETURN QUERY
    WITH input AS MATERIALIZED (
        SELECT * FROM unnest(p_chat_ids, p_user_ids, p_delivered, p_read, p_contexts) WITH ORDINALITY
            AS i(chat_id, user_id, delivered, read, context, n)
    ), target AS MATERIALIZED (
        SELECT i.n, i.chat_id, i.user_id, i.context, p.delivered_seq AS d_from, p.read_seq AS r_from,
               GREATEST(p.delivered_seq, i.delivered, i.read) AS d_to, GREATEST(p.read_seq, i.read) AS r_to
        FROM input i JOIN chat_participants p ON p.chat_id = i.chat_id AND p.user_id = i.user_id
    ), moving AS MATERIALIZED (
        SELECT t.*, c.state_version + row_number() OVER (PARTITION BY t.chat_id ORDER BY t.n) AS version
        FROM target t JOIN chats c ON c.id = t.chat_id
        WHERE t.d_to > t.d_from OR t.r_to > t.r_from
    ), participants AS (
        UPDATE chat_participants p
        SET delivered_seq = m.d_to, read_seq = m.r_to, state_version = m.version
        FROM moving m WHERE p.chat_id = m.chat_id AND p.user_id = m.user_id
    ), raised AS (
        UPDATE chats c SET state_version = top.version
        FROM (SELECT m.chat_id, max(m.version) AS version FROM moving m GROUP BY m.chat_id) top
        WHERE c.id = top.chat_id
    ), marks AS (
        INSERT INTO position_marks (chat_id, user_id, kind, seq, reached_at)
        SELECT m.chat_id, m.user_id, 'delivered', m.d_to, v_now FROM moving m WHERE m.d_to > m.d_from
        UNION ALL
        SELECT m.chat_id, m.user_id, 'read', m.r_to, v_now FROM moving m WHERE m.r_to > m.r_from
        ON CONFLICT DO NOTHING
    ), told AS (
        INSERT INTO outbox (subject, payload)
        SELECT 'msg.status.updated', jsonb_build_object('moves', jsonb_agg(jsonb_build_object(
                   'chatId', m.chat_id, 'userId', m.user_id,
                   'delivered', CASE WHEN m.d_to > m.d_from THEN jsonb_build_object('from', m.d_from, 'to', m.d_to) END,
                   'read', CASE WHEN m.r_to > m.r_from THEN jsonb_build_object('from', m.r_from, 'to', m.r_to) END,
                   'stateVersion', m.version,
                   'at', to_char(v_now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                   'context', m.context::jsonb) ORDER BY m.n))
        FROM moving m HAVING count(*) > 0
        RETURNING id
    )
    SELECT t.n, t.d_from, t.d_to, t.r_from, t.r_to, m.version, v_now::timestamptz, (SELECT id FROM told)
    FROM target t LEFT JOIN moving m ON m.n = t.n;

    IF cardinality(p_published) > 0 THEN
        DELETE FROM outbox o WHERE o.id = ANY(p_published);
    END IF;
END
$$;

-- Opens the direct chat of a pair: one chat, however many ask at once. A new one raises both users' user_version and goes
-- to the outbox in the same commit.
CREATE FUNCTION "parley_open_direct"(p_chat_id UUID, p_creator UUID, p_other UUID, p_context TEXT)
RETURNS TABLE (chat_id UUID, created BOOLEAN, creator_version BIGINT, other_version BIGINT, outbox_id BIGINT)
LANGUAGE plpgsql AS $$
DECLARE
    v_key VARCHAR(73) := LEAST(p_creator, p_other) || ':' || GREATEST(p_creator, p_other);
    v_chat UUID;
    v_creator BIGINT;
    v_other BIGINT;
    v_outbox BIGINT;
BEGIN
    -- Most calls find it.
    SELECT c.id INTO v_chat FROM chats c WHERE c.direct_key = v_key;
    IF v_chat IS NULL THEN
        INSERT INTO chats (id, type, direct_key, state_version) VALUES (p_chat_id, 'direct', v_key, 1)
            ON CONFLICT (direct_key) DO NOTHING RETURNING id INTO v_chat;
        IF v_chat IS NULL THEN
            -- Another call was faster; the insert waited for its commit.
            SELECT c.id INTO STRICT v_chat FROM chats c WHERE c.direct_key = v_key;
        ELSE
            INSERT INTO chat_participants (chat_id, user_id, state_version)
                VALUES (v_chat, p_creator, 1), (v_chat, p_other, 1);
            -- In one order for everybody, so that two openings cannot wait for each other; and not FOR UPDATE, which would wait
            -- for the key locks that the foreign keys above took for other openings with the same user.
            PERFORM 1 FROM users u WHERE u.id IN (p_creator, p_other) ORDER BY u.id FOR NO KEY UPDATE;
            UPDATE users SET user_version = user_version + 1 WHERE id = p_creator RETURNING user_version INTO v_creator;
            UPDATE users SET user_version = user_version + 1 WHERE id = p_other RETURNING user_version INTO v_other;
            INSERT INTO user_changes (user_id, version, kind, ref)
                VALUES (p_creator, v_creator, 'chat', v_chat), (p_other, v_other, 'chat', v_chat);
            INSERT INTO outbox (subject, payload) VALUES ('chat.created', jsonb_build_object(
                'chat_id', v_chat, 'created_by', p_creator,
                'user_versions', jsonb_build_object(p_creator, v_creator, p_other, v_other),
                'context', p_context::jsonb)) RETURNING id INTO v_outbox;
            RETURN QUERY SELECT v_chat, true, v_creator, v_other, v_outbox;
            RETURN;
        END IF;
    END IF;
    RETURN QUERY SELECT v_chat, false, NULL::bigint, NULL::bigint, NULL::bigint;
END
$$;
