-- A balance without entries is no balance: a till that never had the entries has no row for it either.
DROP TRIGGER stamp_removed;
CREATE TRIGGER stamp_removed AFTER DELETE ON stamp BEGIN
    UPDATE stamp_balance SET
        balance = balance - old.stamps,
        last_given_at = (SELECT max(at) FROM stamp WHERE customer_id = old.customer_id AND reason = 'given'),
        last_at = coalesce((SELECT max(at) FROM stamp WHERE customer_id = old.customer_id), last_at)
    WHERE customer_id = old.customer_id;
    DELETE FROM stamp_balance
    WHERE customer_id = old.customer_id AND NOT EXISTS (SELECT 1 FROM stamp WHERE customer_id = old.customer_id);
END;
