-- A sale of five lines wrote these at five places each. Nothing asks for one product's lines; its stock is a balance, and the
-- doctor sums the whole ledger at once.
DROP INDEX sale_line_product;
DROP INDEX stock_product;
