//! The hub's stories, each on SQLite and, where `COUNTERFOIL_TEST_POSTGRES_URL` names a cluster, on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly, its helpers too"
)]

mod accounts;
mod backups;
mod bulk;
mod codes;
mod customers;
mod devices;
mod edges;
mod flags;
mod judgement;
mod life;
mod push;
mod restores;
mod support;
mod sync;
mod visits;
