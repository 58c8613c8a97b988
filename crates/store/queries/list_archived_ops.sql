-- The last operation of each life stays, since the next one carries its hash; so does what is still to be decided, and
-- what took a stamp back, since only the operation says which one.
SELECT o.local_no FROM outbox o
WHERE o.state = 'confirmed' AND o.confirmed_seq <= :archived AND o.at < :before AND o.acked_at < :before
  AND o.kind <> 'stamp_reversed'
  AND o.seq < (SELECT max(l.seq) FROM outbox l WHERE l.incarnation = o.incarnation)
  AND NOT EXISTS (SELECT 1 FROM conflict c WHERE c.id = o.op_id AND c.status = 'open')
ORDER BY o.local_no
LIMIT :limit
