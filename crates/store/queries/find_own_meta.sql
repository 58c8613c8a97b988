SELECT value FROM own.meta WHERE key = :key
