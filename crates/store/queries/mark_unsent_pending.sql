UPDATE sale SET pending = 1 WHERE pending = 0 AND op_id IN (SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') AND confirmed_seq IS NULL);
UPDATE refund SET pending = 1 WHERE pending = 0 AND op_id IN (SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') AND confirmed_seq IS NULL);
UPDATE stamp SET pending = 1 WHERE pending = 0 AND op_id IN (SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') AND confirmed_seq IS NULL);
UPDATE stock SET pending = 1 WHERE pending = 0 AND op_id IN (SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') AND confirmed_seq IS NULL);
UPDATE cash SET pending = 1 WHERE pending = 0 AND op_id IN (SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') AND confirmed_seq IS NULL);
UPDATE shift SET pending = 1 WHERE op_id IN (SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') AND confirmed_seq IS NULL);
UPDATE shift SET close_pending = 1 WHERE close_op_id IN (SELECT op_id FROM outbox WHERE state IN ('waiting', 'sealed') AND confirmed_seq IS NULL);
