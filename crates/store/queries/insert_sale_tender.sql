INSERT INTO sale_tender (sale_id, position, kind, amount_minor, reference)
VALUES (:sale_id, :position, :kind, :amount_minor, :reference)
ON CONFLICT (sale_id, position) DO NOTHING
