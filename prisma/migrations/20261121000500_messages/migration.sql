-- In the order in which sends take them, or the two would wait for each other in a circle. Sends wait until this is done.
LOCK TABLE "message_heads", "messages" IN ACCESS EXCLUSIVE MODE;

-- A running count, from which unread messages follow by subtraction, however many there are: how many messages that are not
-- `system` the chat had up to and including this one.
ALTER TABLE "messages" ADD COLUMN "tally" BIGINT;
UPDATE "messages" m SET "tally" = t.tally
FROM (
    SELECT message_id, count(*) FILTER (WHERE type <> 'system') OVER (PARTITION BY chat_id ORDER BY seq) AS tally
    FROM messages
) t
WHERE t.message_id = m.message_id;
ALTER TABLE "messages" ALTER COLUMN "tally" SET NOT NULL;

-- The tally of the chat's last message, and when that was sent; null before the first.
ALTER TABLE "message_heads" ADD COLUMN "last_tally" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "message_heads" ADD COLUMN "last_at" TIMESTAMPTZ(3);
UPDATE "message_heads" h SET "last_tally" = m.tally, "last_at" = m.created_at
FROM "messages" m WHERE m.chat_id = h.chat_id AND m.seq = h.last_seq;

-- The search tokens, a separator (U+001F) before and after each. Messages stored before have none: no search finds them.
ALTER TABLE "messages" ADD COLUMN "words" TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Deleted messages count as nothing: there are few of them in a window, if any.
CREATE INDEX "messages_deleted_idx" ON "messages"("chat_id", "seq") INCLUDE ("sender_id", "type") WHERE "is_deleted";
-- What disappears by itself, until it was emptied: everywhere, and in a chat.
CREATE INDEX "messages_expires_at_idx" ON "messages"("expires_at") WHERE "expires_at" IS NOT NULL AND NOT "is_deleted";
CREATE INDEX "messages_chat_id_expires_at_idx" ON "messages"("chat_id", "expires_at")
    WHERE "expires_at" IS NOT NULL AND NOT "is_deleted";

-- Sixteen messages of a chat, in short: the block n has those from n * 16 + 1 to n * 16 + 16. A chat's blocks are complete up
-- to some place, and are made behind the sends (parley_index), because an entry for every word costs more than storing the
-- message. Whoever reads them reads the messages behind the last block themselves.
CREATE TABLE "message_blocks" (
    "chat_id" UUID NOT NULL,
    "block" BIGINT NOT NULL,
    -- The greatest message_id in it.
    "last_id" UUID NOT NULL,
    -- When the latest was sent.
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    -- Whether a message in it is not deleted.
    "is_live" BOOLEAN NOT NULL,
    -- How the words begin that are in it, each behind the key of its chat and bucket. It leads to a block; what a message has is
    -- told by the message.
    "words" TSVECTOR NOT NULL,
    CONSTRAINT "message_blocks_pkey" PRIMARY KEY ("chat_id", "block")
);
CREATE INDEX "message_blocks_chat_id_last_id_idx" ON "message_blocks"("chat_id", "last_id");
CREATE INDEX "message_blocks_chat_id_last_at_idx" ON "message_blocks"("chat_id", "last_at");
CREATE INDEX "message_blocks_live_idx" ON "message_blocks"("chat_id", "block") WHERE "is_live";
-- Without a pending list, which every search would have to read.
CREATE INDEX "message_blocks_words_idx" ON "message_blocks" USING GIN ("words") WITH (fastupdate = off);

INSERT INTO "message_blocks" (chat_id, block, last_id, last_at, is_live, words)
SELECT chat_id, (seq - 1) / 16, (array_agg(message_id ORDER BY message_id DESC))[1], max(created_at), bool_or(NOT is_deleted), ''
FROM "messages" GROUP BY chat_id, (seq - 1) / 16 HAVING count(*) = 16;

-- The same count of each sender, at the end of each block that has a message of theirs: a count in every message would need an
-- index of its own, and sends would pay for it.
CREATE TABLE "message_sender_tallies" (
    "chat_id" UUID NOT NULL,
    "sender_id" UUID NOT NULL,
    "block" BIGINT NOT NULL,
    "tally" BIGINT NOT NULL,
    CONSTRAINT "message_sender_tallies_pkey" PRIMARY KEY ("chat_id", "sender_id", "block")
);
INSERT INTO "message_sender_tallies" (chat_id, sender_id, block, tally)
SELECT chat_id, sender_id, block, sum(count) OVER (PARTITION BY chat_id, sender_id ORDER BY block)
FROM (
    SELECT m.chat_id, m.sender_id, (m.seq - 1) / 16 AS block, count(*) AS count
    FROM "messages" m JOIN "message_heads" h ON h.chat_id = m.chat_id
    WHERE m.type <> 'system' AND (m.seq - 1) / 16 < h.last_seq / 16
    GROUP BY m.chat_id, m.sender_id, (m.seq - 1) / 16
) t;

-- What a chat's words of one bucket begin with in the index. A bucket is 1,024 blocks: it bounds what one look-up can find. Two
-- chats with one key are told apart by what is read then.
CREATE FUNCTION "parley_search_key"(p_chat UUID, p_bucket BIGINT) RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN substr(encode(decode(md5(p_chat::text || '/' || p_bucket::text), 'hex'), 'base64'), 1, 8);

-- Words are cut, because a tsvector has at most 1 MB: sixteen messages of the longest words have less.
CREATE FUNCTION "parley_block_words"(p_chat UUID, p_block BIGINT) RETURNS TSVECTOR
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT coalesce(array_to_tsvector(array_agg(k.key || left(w, 16))), '')
    -- OFFSET: the key is made once, not for every word. ORDER BY, here and below, leaves no other index to choose, also for a
    -- plan that was made while the table was empty.
    FROM (SELECT parley_search_key(p_chat, p_block / 1024) AS key OFFSET 0) k,
         (SELECT m.words FROM messages m
          WHERE m.chat_id = p_chat AND m.seq > p_block * 16 AND m.seq <= p_block * 16 + 16 ORDER BY m.seq LIMIT 16) m,
         unnest(string_to_array(m.words, E'\x1F')) AS w
    WHERE w <> '';
END;

-- Held by whoever changes a chat's blocks, until the commit. Sends do not wait for it.
CREATE FUNCTION "parley_blocks_lock"(p_chat UUID) RETURNS BIGINT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(p_chat::text, 1835365473);

-- Makes blocks that are complete and missing, at most p_most. Gives the chats with more to do.
CREATE FUNCTION "parley_index"(p_chat_ids UUID[], p_most BIGINT) RETURNS SETOF UUID
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    chat UUID;
    first BIGINT;
    missing BIGINT;
BEGIN
    FOR chat IN SELECT DISTINCT c FROM unnest(p_chat_ids) AS c ORDER BY c LOOP
        IF p_most = 0 THEN RETURN NEXT chat; CONTINUE; END IF;
        -- Somebody is at it: never wait, for a change of messages waits for us.
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(parley_blocks_lock(chat));
        first := coalesce((SELECT b.block + 1 FROM message_blocks b WHERE b.chat_id = chat ORDER BY b.block DESC LIMIT 1), 0);
        missing := coalesce((SELECT h.last_seq / 16 FROM message_heads h WHERE h.chat_id = chat), 0) - first;
        INSERT INTO message_blocks (chat_id, block, last_id, last_at, is_live, words)
        SELECT chat, n, m.last_id, m.last_at, m.is_live, parley_block_words(chat, n)
        FROM generate_series(first, first + least(missing, p_most) - 1) AS n
        CROSS JOIN LATERAL (
            SELECT (array_agg(m.message_id ORDER BY m.message_id DESC))[1] AS last_id, max(m.created_at) AS last_at,
                   bool_or(NOT m.is_deleted) AS is_live
            FROM (
                SELECT m.message_id, m.created_at, m.is_deleted FROM messages m
                WHERE m.chat_id = chat AND m.seq > n * 16 AND m.seq <= n * 16 + 16 ORDER BY m.seq LIMIT 16
            ) m
        ) m;
        INSERT INTO message_sender_tallies (chat_id, sender_id, block, tally)
        SELECT chat, t.sender_id, t.block, sum(t.count) OVER (PARTITION BY t.sender_id ORDER BY t.block) + coalesce((
                   SELECT x.tally FROM message_sender_tallies x
                   WHERE x.chat_id = chat AND x.sender_id = t.sender_id ORDER BY x.block DESC LIMIT 1
               ), 0)
        FROM (
            SELECT m.sender_id, (m.seq - 1) / 16 AS block, count(*) AS count
            FROM (
                SELECT m.sender_id, m.seq, m.type FROM messages m
                WHERE m.chat_id = chat AND m.seq > first * 16 AND m.seq <= (first + least(missing, p_most)) * 16
                ORDER BY m.seq
            ) m
            WHERE m.type <> 'system' GROUP BY m.sender_id, (m.seq - 1) / 16
        ) t;
        IF missing > p_most THEN RETURN NEXT chat; END IF;
        p_most := p_most - least(missing, p_most);
    END LOOP;
END
$$;

-- Stores a batch as before (see 20261121000100_message_store), with what was added above. The words of a message come ready
-- for its column.
CREATE FUNCTION "parley_append"(
    p_message_ids UUID[], p_chat_ids UUID[], p_sender_ids UUID[], p_client_ids UUID[], p_types TEXT[], p_payloads TEXT[],
    p_replies UUID[], p_forwarded TEXT[], p_fingerprints TEXT[], p_created TIMESTAMPTZ[], p_expires TIMESTAMPTZ[],
    p_words TEXT[], p_contexts TEXT[], p_published BIGINT[]
) RETURNS TABLE (ord BIGINT, new_seq BIGINT, new_version BIGINT, outbox_id BIGINT)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET jit = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
BEGIN
    INSERT INTO message_heads AS h (chat_id)
        SELECT DISTINCT c FROM unnest(p_chat_ids) AS c
        WHERE NOT EXISTS (SELECT 1 FROM message_heads x WHERE x.chat_id = c)
        ORDER BY c
        ON CONFLICT DO NOTHING;
    -- In one order for everybody, so that batches cannot wait for each other in a circle.
    PERFORM 1 FROM message_heads h WHERE h.chat_id = ANY(p_chat_ids) ORDER BY h.chat_id FOR UPDATE;

    RETURN QUERY
    WITH input AS MATERIALIZED (
        SELECT * FROM unnest(p_message_ids, p_chat_ids, p_sender_ids, p_client_ids, p_types, p_payloads, p_replies, p_forwarded,
                             p_fingerprints, p_created, p_expires, p_words, p_contexts) WITH ORDINALITY
            AS i(message_id, chat_id, sender_id, client_msg_id, type, payload, reply_to, forwarded, fingerprint, created_at,
                 expires_at, words, context, n)
    ), fresh AS MATERIALIZED (
        SELECT i.*, row_number() OVER chat AS step,
               count(*) FILTER (WHERE i.type <> 'system') OVER chat AS tallied
        FROM input i
        WHERE NOT EXISTS (
            SELECT 1 FROM messages m WHERE m.sender_id = i.sender_id AND m.client_msg_id = i.client_msg_id
        )
        WINDOW chat AS (PARTITION BY i.chat_id ORDER BY i.n)
    ), numbered AS MATERIALIZED (
        SELECT f.*, h.last_seq + f.step AS seq, h.last_version + f.step AS version, h.last_tally + f.tallied AS tally
        FROM fresh f JOIN message_heads h ON h.chat_id = f.chat_id
    ), stored AS (
        INSERT INTO messages (message_id, chat_id, seq, version, sender_id, client_msg_id, type, payload,
                              reply_to_message_id, forwarded_from, fingerprint, created_at, updated_at, expires_at, tally,
                              words)
        SELECT s.message_id, s.chat_id, s.seq, s.version, s.sender_id, s.client_msg_id, s.type, s.payload::jsonb,
               s.reply_to, s.forwarded::jsonb, s.fingerprint, s.created_at, s.created_at, s.expires_at, s.tally,
               s.words
        FROM numbered s ORDER BY s.n
    ), raised AS (
        UPDATE message_heads h SET last_seq = top.seq, last_version = top.version, last_tally = top.tally,
                                   last_at = top.created_at
        FROM (SELECT DISTINCT ON (s.chat_id) s.chat_id, s.seq, s.version, s.tally, s.created_at
              FROM numbered s ORDER BY s.chat_id, s.seq DESC) top
        WHERE h.chat_id = top.chat_id
    ), told AS (
        INSERT INTO outbox (subject, payload)
        SELECT 'msg.new', jsonb_build_object('messages', jsonb_agg(
                   jsonb_build_object('id', s.message_id, 'context', s.context::jsonb) ORDER BY s.n))
        FROM numbered s HAVING count(*) > 0
        RETURNING id
    )
    SELECT s.n, s.seq, s.version, t.id FROM numbered s CROSS JOIN told t;

    IF cardinality(p_published) > 0 THEN
        DELETE FROM outbox o WHERE o.id = ANY(p_published);
    END IF;
END
$$;

-- As the programs before this version call it; they may still run while this one starts. What they store has no search tokens.
CREATE OR REPLACE FUNCTION "parley_append"(
    p_message_ids UUID[], p_chat_ids UUID[], p_sender_ids UUID[], p_client_ids UUID[], p_types TEXT[], p_payloads TEXT[],
    p_replies UUID[], p_fingerprints TEXT[], p_created TIMESTAMPTZ[], p_contexts TEXT[], p_published BIGINT[]
) RETURNS TABLE (ord BIGINT, new_seq BIGINT, new_version BIGINT, outbox_id BIGINT)
LANGUAGE sql
AS $$
    SELECT * FROM parley_append(p_message_ids, p_chat_ids, p_sender_ids, p_client_ids, p_types, p_payloads, p_replies,
        array_fill(NULL::text, ARRAY[cardinality(p_message_ids)]), p_fingerprints, p_created,
        array_fill(NULL::timestamptz, ARRAY[cardinality(p_message_ids)]),
        array_fill(''::text, ARRAY[cardinality(p_message_ids)]), p_contexts, p_published)
$$;

-- Changes messages one after the other, each with its chat's next version, and writes one outbox row for the batch. `changed`
-- is the message after its change, without what is stored for this engine alone.
CREATE FUNCTION "parley_change"(
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
        IF outcomes[c.n] = 'changed' THEN
            UPDATE message_heads h SET last_version = h.last_version + 1
            WHERE h.chat_id = c.chat_id RETURNING h.last_version INTO m.version;
            m.updated_at := c.at;
            CASE c.kind
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
            IF c.kind <> 'react' THEN
                stale_chats := stale_chats || m.chat_id;
                stale_blocks := stale_blocks || (m.seq - 1) / 16;
            END IF;
            told := told || jsonb_build_object('messageId', c.message_id, 'chatId', c.chat_id, 'kind', c.kind, 'seq', m.seq,
                'version', m.version, 'userId', c.user_id, 'emoji', c.emoji, 'context', c.context::jsonb);
        END IF;
        IF outcomes[c.n] <> 'gone' THEN
            after[c.n] := to_jsonb(m) - ARRAY['tally', 'words'];
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
