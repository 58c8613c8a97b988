DELETE FROM stock WHERE pending = 1 AND op_id NOT IN (SELECT op_id FROM outbox);
DELETE FROM cash WHERE pending = 1 AND op_id NOT IN (SELECT op_id FROM outbox);
DELETE FROM stamp WHERE pending = 1 AND op_id NOT IN (SELECT op_id FROM outbox);
DELETE FROM sale WHERE pending = 1 AND op_id NOT IN (SELECT op_id FROM outbox);
DELETE FROM refund WHERE pending = 1 AND op_id NOT IN (SELECT op_id FROM outbox);
