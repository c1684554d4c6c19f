-- Work that one of many processes does at a time, e.g. sweeping an outbox. A lease that is not renewed runs out.
CREATE TABLE "leases" (
    "name" VARCHAR(64) NOT NULL,
    "holder" VARCHAR(64) NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "leases_pkey" PRIMARY KEY ("name")
) WITH (fillfactor = 50);
