//! Why a backup, a restore or a verification did not come about, in words an operator can act on.

use crate::db::{Engine, OpenError};

/// Why a backup, a restore or a verification did not come about.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Neither a folder nor a bucket.
    #[error("{0} is neither a folder nor s3://BUCKET/PREFIX")]
    Address(String),
    /// The settings for a bucket do not do.
    #[error(
        "the bucket {place} cannot be used: {words}; it takes AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, \
         for a store that is not Amazon's, AWS_ENDPOINT_URL"
    )]
    Settings {
        /// The bucket.
        place: String,
        /// What is wrong.
        words: String,
    },
    /// The place does not take or give.
    #[error("{place}: {words}")]
    Place {
        /// The folder, bucket or file.
        place: String,
        /// What it says.
        words: String,
    },
    /// Two at once would tread on each other.
    #[error("another backup is being written to {0}; wait until it is done")]
    Busy(String),
    /// The hub's database.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// A statement on the hub's database.
    #[error("the database says: {0}")]
    Engine(#[from] sqlx::Error),
    /// One of PostgreSQL's programs is not installed.
    #[error(
        "{tool} is not installed: it is in Debian's and Ubuntu's package postgresql-client (the version of the server or newer), \
         elsewhere in PostgreSQL's client programs; install it or put its folder on PATH"
    )]
    NoTool {
        /// The program.
        tool: &'static str,
    },
    /// One of PostgreSQL's programs failed.
    #[error("{tool} failed: {words}")]
    Tool {
        /// The program.
        tool: &'static str,
        /// What it said.
        words: String,
    },
    /// There is nothing to restore.
    #[error("there is no backup in {0}")]
    None(String),
    /// There is none of this name.
    #[error("there is no backup {name} in {place}; there is: {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where.
        place: String,
        /// What is there.
        known: String,
    },
    /// A manifest that cannot be read, or one of a newer program.
    #[error("the manifest of {name} cannot be read: {words}")]
    Manifest {
        /// The backup.
        name: String,
        /// Why.
        words: String,
    },
    /// The data is not what the manifest says.
    #[error(
        "the backup {name} is damaged: {words}. Nothing was changed. Take an older one: --name NAME"
    )]
    Damaged {
        /// The backup.
        name: String,
        /// What differs.
        words: String,
    },
    /// Something would be written over.
    #[error(
        "{0} holds shops already; with --replace they are set aside and the backup takes their place"
    )]
    NotEmpty(String),
    /// A hub serves from it.
    #[error("{0} is open in another program: stop the hub first")]
    InUse(String),
    /// A backup of the other engine.
    #[error(
        "this is a backup of {backup}, and the database is {database}: restore it into {backup}"
    )]
    OtherEngine {
        /// The backup's.
        backup: Engine,
        /// The target's.
        database: Engine,
    },
    /// The tables lie in another schema.
    #[error(
        "the backup's tables lie in the schema {backup}, the database's address names {database}: add \
         ?options=-c%20search_path%3D{backup} to it"
    )]
    OtherSchema {
        /// The backup's.
        backup: String,
        /// The target's.
        database: String,
    },
    /// A dump can be tried out on a server alone.
    #[error(
        "a backup of postgres is verified by restoring it: name a server with --scratch postgres://... whose user may make a \
         database there; it is dropped again"
    )]
    NoScratch,
    /// A step on another thread ended early.
    #[error("the work was given up: {0}")]
    GivenUp(#[from] tokio::task::JoinError),
}

impl BackupError {
    /// What a file says, under its name.
    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let place = path.display().to_string();
        move |error| Self::Place {
            place,
            words: error.to_string(),
        }
    }
}
