-- PostgreSQL alone: a sale's change is a little over 2,000 bytes, from where on the server tries to make a row smaller. That was half of what a
-- push cost it, and a pull undid it; the answer to a pull is compressed as a whole, to a tenth.
ALTER TABLE changes SET (toast_tuple_target = 8160);
