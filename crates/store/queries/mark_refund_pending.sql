UPDATE refund SET pending = 1 WHERE refund_id = :id
