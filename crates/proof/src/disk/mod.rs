//! The disk lane: the real SQLite on a disk that loses power, tears sectors, fills up and fails to sync.
