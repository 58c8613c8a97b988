-- Every sale paid for these with a page each; only a hub that was restored asks by operation, and may read the ledger then.
DROP INDEX sale_op;
DROP INDEX refund_op;
DROP INDEX stamp_op;
DROP INDEX stock_op;
DROP INDEX cash_op;
