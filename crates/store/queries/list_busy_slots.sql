SELECT id, starts_at, ends_at FROM visit
WHERE installer_id = :installer_id AND status <> 'cancelled'
  AND starts_at >= :from AND starts_at < :to
  AND id IS NOT :except
ORDER BY starts_at
