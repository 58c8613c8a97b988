-- A number that was given once is never given again, even where its row is gone.
DELETE FROM main.sqlite_sequence;
INSERT INTO main.sqlite_sequence (name, seq) SELECT name, seq FROM own.sqlite_sequence;
