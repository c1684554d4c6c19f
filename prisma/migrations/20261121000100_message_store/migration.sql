-- The message store on PostgreSQL. It stands apart from the tables above (no foreign keys to them), because another engine
-- can hold the messages.

-- A chat's message counters. The row's lock gives seq and version their order: they become visible in the order of their
-- numbers and have no holes (design rule 3).
CREATE TABLE "message_heads" (
    "chat_id" UUID NOT NULL,
    "last_seq" BIGINT NOT NULL DEFAULT 0,
    "last_version" BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT "message_heads_pkey" PRIMARY KEY ("chat_id")
) WITH (fillfactor = 50);

CREATE TABLE "messages" (
    "message_id" UUID NOT NULL,
    "chat_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "version" BIGINT NOT NULL,
    "sender_id" UUID NOT NULL,
    "client_msg_id" UUID NOT NULL,
    "type" VARCHAR(10) NOT NULL,
    "payload" JSONB NOT NULL,
    "reply_to_message_id" UUID,
    "forwarded_from" JSONB,
    "reactions" JSONB NOT NULL DEFAULT '{}',
    "is_deleted" BOOLEAN NOT NULL DEFAULT false,
    -- Tells a repeated send from another one that reuses its client_msg_id.
    "fingerprint" VARCHAR(64) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "edited_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    CONSTRAINT "messages_pkey" PRIMARY KEY ("message_id"),
    CONSTRAINT "messages_type_check" CHECK ("type" IN ('text', 'image', 'video', 'audio', 'document', 'location', 'system'))
);
CREATE UNIQUE INDEX "messages_chat_id_seq_key" ON "messages"("chat_id", "seq");
CREATE UNIQUE INDEX "messages_chat_id_version_key" ON "messages"("chat_id", "version");
-- Per sender, not for all: nobody can block or probe another's ids.
CREATE UNIQUE INDEX "messages_sender_id_client_msg_id_key" ON "messages"("sender_id", "client_msg_id");

-- Stores a batch of messages in one step: tells known client_msg_ids, numbers the others per chat in the order given,
-- writes one outbox row for the batch, and forgets outbox rows that were published meanwhile.
-- A batch must not hold the same (sender, client_msg_id) twice. Two batches with the same new id at the same time collide on
-- the unique index: the later one fails as a whole and is tried again by the caller.
CREATE FUNCTION "parley_append"(
    p_message_ids UUID[], p_chat_ids UUID[], p_sender_ids UUID[], p_client_ids UUID[], p_types TEXT[], p_payloads TEXT[],
    p_replies UUID[], p_fingerprints TEXT[], p_created TIMESTAMPTZ[], p_contexts TEXT[], p_published BIGINT[]
) RETURNS TABLE (ord BIGINT, new_seq BIGINT, new_version BIGINT, outbox_id BIGINT)
LANGUAGE plpgsql
-- Without these the planner takes a hash over the whole table to look for known ids, and every send slows down with every
-- message stored. One plan for all calls: planning anew costs more than storing a message.
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
        SELECT * FROM unnest(p_message_ids, p_chat_ids, p_sender_ids, p_client_ids, p_types, p_payloads, p_replies,
                             p_fingerprints, p_created, p_contexts) WITH ORDINALITY
            AS i(message_id, chat_id, sender_id, client_msg_id, type, payload, reply_to, fingerprint, created_at, context, n)
    ), fresh AS MATERIALIZED (
        SELECT i.*, row_number() OVER (PARTITION BY i.chat_id ORDER BY i.n) AS step
        FROM input i
        WHERE NOT EXISTS (
            SELECT 1 FROM messages m WHERE m.sender_id = i.sender_id AND m.client_msg_id = i.client_msg_id
        )
    ), numbered AS MATERIALIZED (
        SELECT f.*, h.last_seq + f.step AS seq, h.last_version + f.step AS version
        FROM fresh f JOIN message_heads h ON h.chat_id = f.chat_id
    ), stored AS (
        INSERT INTO messages (message_id, chat_id, seq, version, sender_id, client_msg_id, type, payload,
                              reply_to_message_id, fingerprint, created_at, updated_at)
        SELECT s.message_id, s.chat_id, s.seq, s.version, s.sender_id, s.client_msg_id, s.type, s.payload::jsonb,
               s.reply_to, s.fingerprint, s.created_at, s.created_at
        FROM numbered s ORDER BY s.n
    ), raised AS (
        UPDATE message_heads h SET last_seq = top.seq, last_version = top.version
        FROM (SELECT s.chat_id, max(s.seq) AS seq, max(s.version) AS version FROM numbered s GROUP BY s.chat_id) top
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
