//! What can go wrong, with a stable code for screens and whether trying again can help.

use counterfoil_domain::effect::EffectError;
use rusqlite::ErrorCode;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is not a database of ours, or its content is broken.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The file was written by a newer program; nothing was touched.
    #[error("the database has version {found}, this program knows up to {known}")]
    Newer {
        /// The file's version.
        found: i64,
        /// The newest version this program reads.
        known: i64,
    },
    /// No room on the disk, even without the ballast.
    #[error("the disk is full")]
    DiskFull,
    /// Reading, writing or syncing failed; the connection was given up.
    #[error("the disk failed: {0}")]
    DiskFailed(String),
    /// Another program holds the database.
    #[error("the database is busy")]
    Busy,
    /// The caller asked for something that cannot be.
    #[error("{message}")]
    Invalid {
        /// Stable code.
        code: &'static str,
        /// What was wrong.
        message: String,
    },
    /// Changes do not follow the cursor.
    #[error("the next change is {expected}, the hub sent {got}")]
    PullGap {
        /// The number after the cursor.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// Changes of another epoch than the cursor's.
    #[error("the changes belong to another epoch than the cursor")]
    EpochChanged,
    /// The operation's amounts or fields do not hold.
    #[error(transparent)]
    Effect(#[from] EffectError),
    /// A row could not be laid out for its table.
    #[error(transparent)]
    Row(#[from] counterfoil_domain::table::RowError),
    /// A value could not be written as JSON.
    #[error("a value cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// Anything else that SQLite says.
    #[error("database: {0}")]
    Sql(rusqlite::Error),
}

impl StoreError {
    /// Stable code that a screen acts on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Damaged(_) => "database_damaged",
            Self::Newer { .. } => "database_newer",
            Self::DiskFull => "disk_full",
            Self::DiskFailed(_) => "disk_failed",
            Self::Busy => "busy",
            Self::Invalid { code, .. } => code,
            Self::PullGap { .. } => "pull_gap",
            Self::EpochChanged => "epoch_changed",
            Self::Effect(_) | Self::Row(_) => "invalid",
            Self::Json(_) | Self::Sql(_) => "internal",
        }
    }

    /// Whether doing the same again cannot help.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        !matches!(self, Self::DiskFull | Self::DiskFailed(_) | Self::Busy)
    }

    pub(crate) fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            code,
            message: message.into(),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::DiskFailed(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return Self::Sql(error);
        };
        match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::Damaged(error.to_string())
            }
            ErrorCode::DiskFull => Self::DiskFull,
            ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen => {
                Self::DiskFailed(error.to_string())
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            _ => Self::Sql(error),
        }
    }
}
