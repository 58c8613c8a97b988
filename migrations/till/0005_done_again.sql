-- The first of the operations, none of them taken by the hub, whose content this one does again. Entries of the ledgers are
-- named after that first one, so that they stand once however many of them the hub comes to read.
ALTER TABLE outbox ADD COLUMN redoes TEXT;

CREATE TRIGGER outbox_redoes_fixed BEFORE UPDATE OF redoes ON outbox BEGIN
    SELECT raise(ABORT, 'an operation is never edited');
END;
