-- Openings before closings.
SELECT op_id, body FROM shift WHERE tenant_id = $1 ORDER BY event DESC, shift_id
