-- Nothing looks the ledgers up by these, and every push paid for them: images, backups and checksums read whole shops by their keys, and
-- balances have tables of their own.
DROP INDEX sale_by_time;
DROP INDEX stamp_by_customer;
DROP INDEX stock_by_product;
DROP INDEX cash_by_shift;
