-- Nothing asked for the journal by time, and what is not sealed has no place that could be taken twice.
DROP INDEX journal_at;
DROP INDEX outbox_place;
CREATE UNIQUE INDEX outbox_place ON outbox (incarnation, seq) WHERE incarnation IS NOT NULL;

-- Who looks for what is to be sent next need not read the operations themselves.
DROP INDEX outbox_state;
CREATE INDEX outbox_state ON outbox (state, local_no, class);
