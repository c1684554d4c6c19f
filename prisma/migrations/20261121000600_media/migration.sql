-- Files that people upload (contract section 2, Media). No foreign keys: another engine can hold them, as it can the messages.
CREATE TABLE "media" (
    "media_id" UUID NOT NULL,
    "uploader_id" UUID NOT NULL,
    "type" VARCHAR(10) NOT NULL,
    -- A photo of a user or a group: no message may carry it.
    "is_avatar" BOOLEAN NOT NULL,
    "mime_type" VARCHAR(255) NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "width" INTEGER,
    "height" INTEGER,
    "duration_ms" BIGINT,
    "filename" VARCHAR(255),
    "sha256" VARCHAR(64) NOT NULL,
    "object_key" TEXT NOT NULL,
    "thumbnail_key" TEXT,
    "status" VARCHAR(10) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    -- When the clean-up looks whether anything refers to it. A doomed one is due since 1970.
    "check_at" TIMESTAMPTZ(3) NOT NULL,
    -- When something was last about to refer to it.
    "claimed_at" TIMESTAMPTZ(3),
    -- Raised by whatever makes an earlier look at it worthless: a claim, a release, a thumbnail that came.
    "revision" BIGINT NOT NULL DEFAULT 0,
    -- It is being deleted: nothing can refer to it any more, only its objects may still be there.
    "doomed" BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT "media_pkey" PRIMARY KEY ("media_id"),
    CONSTRAINT "media_type_check" CHECK ("type" IN ('image', 'video', 'audio', 'document')),
    CONSTRAINT "media_status_check" CHECK ("status" IN ('processing', 'ready')),
    CONSTRAINT "media_size_bytes_check" CHECK ("size_bytes" >= 0),
    CONSTRAINT "media_width_check" CHECK ("width" > 0),
    CONSTRAINT "media_height_check" CHECK ("height" > 0),
    CONSTRAINT "media_duration_ms_check" CHECK ("duration_ms" >= 0),
    CONSTRAINT "media_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$')
);
CREATE INDEX "media_check_at_idx" ON "media"("check_at");
-- What was not looked into yet: hardly any.
CREATE INDEX "media_processing_idx" ON "media"("created_at") WHERE "status" = 'processing' AND NOT "doomed";

-- Who carries a file, everywhere and in a chat. Messages without one are not in it, nor are deleted ones, whose payload is empty. In
-- the order of bytes, which no other version of a library sorts differently.
CREATE INDEX "messages_media_idx" ON "messages"((("payload" ->> 'media_id') COLLATE "C"), "chat_id", "seq")
    WHERE ("payload" ->> 'media_id') IS NOT NULL;

-- Photos that this server keeps, of users, of groups, and of groups as former members are shown them. By their hash, for an address may
-- be longer than a sorted index takes.
CREATE INDEX "users_avatar_idx" ON "users" USING HASH ("avatar_url") WHERE "avatar_url" LIKE '/avatars/%';
CREATE INDEX "groups_avatar_idx" ON "groups" USING HASH ("avatar_url") WHERE "avatar_url" LIKE '/avatars/%';
CREATE INDEX "chat_participants_left_avatar_idx" ON "chat_participants" USING HASH (("left_view" ->> 'avatar_url'))
    WHERE ("left_view" ->> 'avatar_url') LIKE '/avatars/%';

-- Changes messages as before (see 20261121000500_messages), with what files need. `changed` also tells, as `released`, which file a
-- deletion took from the message; the outbox too, so that a crash loses nothing of it. A change of kind `media` says that the file is
-- ready: it takes a version, and leaves the message as it is.
CREATE OR REPLACE FUNCTION "parley_change"(
    p_message_ids UUID[], p_chat_ids UUID[], p_kinds TEXT[], p_at TIMESTAMPTZ[], p_payloads TEXT[], p_words TEXT[],
    p_user_ids TEXT[], p_emojis TEXT[], p_contexts TEXT[]
) RETURNS TABLE (ord BIGINT, outcome TEXT, changed JSONB, outbox_id BIGINT)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    c RECORD;
    m messages%ROWTYPE;
    is_over BOOLEAN;
    released TEXT;
    outcomes TEXT[] := '{}';
    after JSONB[] := '{}';
    told JSONB[] := '{}';
    told_id BIGINT;
    stale_chats UUID[] := '{}';
    stale_blocks BIGINT[] := '{}';
BEGIN
    -- As parley_append: in one order for everybody.
    PERFORM 1 FROM message_heads h WHERE h.chat_id = ANY(p_chat_ids) ORDER BY h.chat_id FOR UPDATE;
    PERFORM pg_advisory_xact_lock(parley_blocks_lock(x.chat))
    FROM (SELECT DISTINCT chat FROM unnest(p_chat_ids) AS chat ORDER BY chat) x;

    FOR c IN
        SELECT * FROM unnest(p_message_ids, p_chat_ids, p_kinds, p_at, p_payloads, p_words, p_user_ids, p_emojis, p_contexts)
            WITH ORDINALITY AS i(message_id, chat_id, kind, at, payload, words, user_id, emoji, context, n)
        ORDER BY i.n
    LOOP
        SELECT * INTO m FROM messages x WHERE x.message_id = c.message_id;
        IF m.chat_id <> c.chat_id THEN m := NULL; END IF;
        is_over := coalesce(m.expires_at <= c.at, false);
        outcomes[c.n] := CASE
            WHEN m.message_id IS NULL THEN 'gone'
            WHEN c.kind = 'delete' THEN CASE WHEN m.is_deleted THEN 'unchanged' ELSE 'changed' END
            WHEN c.kind = 'expire' THEN CASE WHEN m.is_deleted OR NOT is_over THEN 'unchanged' ELSE 'changed' END
            WHEN m.is_deleted OR is_over THEN 'gone'
            WHEN c.kind = 'react' AND m.reactions ->> c.user_id IS NOT DISTINCT FROM c.emoji THEN 'unchanged'
            ELSE 'changed'
        END;
        released := CASE WHEN outcomes[c.n] = 'changed' AND c.kind IN ('delete', 'expire') THEN m.payload ->> 'media_id' END;
        IF outcomes[c.n] = 'changed' THEN
            UPDATE message_heads h SET last_version = h.last_version + 1
            WHERE h.chat_id = c.chat_id RETURNING h.last_version INTO m.version;
            m.updated_at := c.at;
            CASE c.kind
                WHEN 'media' THEN
                    NULL;
                WHEN 'react' THEN
                    m.reactions := m.reactions - c.user_id;
                    IF c.emoji IS NOT NULL THEN
                        m.reactions := m.reactions || jsonb_build_object(c.user_id, c.emoji);
                    END IF;
                WHEN 'edit' THEN
                    m.payload := c.payload::jsonb;
                    m.words := c.words;
                    m.edited_at := c.at;
                ELSE
                    m.is_deleted := true;
                    m.payload := '{}';
                    m.reactions := '{}';
                    m.words := '';
            END CASE;
            UPDATE messages x SET version = m.version, payload = m.payload, reactions = m.reactions, words = m.words,
                                  is_deleted = m.is_deleted, updated_at = m.updated_at, edited_at = m.edited_at
            WHERE x.message_id = c.message_id;
            IF c.kind NOT IN ('react', 'media') THEN
                stale_chats := stale_chats || m.chat_id;
                stale_blocks := stale_blocks || (m.seq - 1) / 16;
            END IF;
            told := told || jsonb_build_object('messageId', c.message_id, 'chatId', c.chat_id, 'kind', c.kind, 'seq', m.seq,
                'version', m.version, 'userId', c.user_id, 'emoji', c.emoji, 'released', released,
                'context', c.context::jsonb);
        END IF;
        IF outcomes[c.n] <> 'gone' THEN
            after[c.n] := (to_jsonb(m) - ARRAY['tally', 'words']) || jsonb_build_object('released', released);
        END IF;
    END LOOP;

    FOR c IN SELECT DISTINCT s.chat_id, s.block FROM unnest(stale_chats, stale_blocks) AS s(chat_id, block) LOOP
        UPDATE message_blocks b
        SET words = parley_block_words(b.chat_id, b.block),
            is_live = coalesce((
                SELECT true FROM messages x
                WHERE x.chat_id = b.chat_id AND x.seq > b.block * 16 AND x.seq <= b.block * 16 + 16 AND NOT x.is_deleted
                ORDER BY x.seq LIMIT 1
            ), false)
        WHERE b.chat_id = c.chat_id AND b.block = c.block;
    END LOOP;

    IF cardinality(told) > 0 THEN
        INSERT INTO outbox (subject, payload) VALUES ('msg.changed', jsonb_build_object('changes', to_jsonb(told)))
        RETURNING id INTO told_id;
    END IF;
    RETURN QUERY
        SELECT n::bigint, outcomes[n], after[n], CASE WHEN outcomes[n] = 'changed' THEN told_id END
        FROM generate_series(1, cardinality(p_message_ids)) AS n;
END
$$;
