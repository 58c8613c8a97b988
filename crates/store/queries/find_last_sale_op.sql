SELECT payload AS value FROM outbox WHERE kind = 'sale_completed' ORDER BY local_no DESC LIMIT 1
