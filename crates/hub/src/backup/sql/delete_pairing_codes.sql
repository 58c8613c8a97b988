-- Nor a pairing code.
DELETE FROM pairing_codes
