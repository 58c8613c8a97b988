-- `:other` is the same number in its other form: a UPC-A is an EAN-13 that begins with zero.
SELECT id, body FROM product
WHERE barcode IN (:code, :other) AND active = 1
ORDER BY barcode = :code DESC, id LIMIT 1
