//! The hub's stories, each on SQLite and, where `COUNTERFOIL_TEST_POSTGRES_URL` names a cluster, on PostgreSQL.

mod accounts;
mod customers;
mod devices;
mod edges;
mod flags;
mod life;
mod push;
mod support;
mod sync;
mod visits;
