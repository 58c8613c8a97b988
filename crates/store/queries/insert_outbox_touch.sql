INSERT INTO outbox_touch (local_no, kind, id, edits)
VALUES (:local_no, :kind, :id, :edits)
