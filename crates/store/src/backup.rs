//! A copy of the whole database in one file.

use std::path::Path;

use rusqlite::named_params;

use crate::connect;
use crate::error::StoreError;
use crate::meta;
use crate::store::Store;

impl Store {
    /// Writes a consistent copy to `target`, which must not exist. Selling goes on meanwhile. Whoever opens the copy
    /// begins a new incarnation, so that two lives of one database never use the same numbers.
    ///
    /// # Errors
    /// `copy_exists`, or the store's own trouble.
    pub fn backup_copy(&self, target: &Path) -> Result<(), StoreError> {
        if target.exists() {
            return Err(StoreError::invalid(
                "copy_exists",
                format!("{} exists already", target.display()),
            ));
        }
        let vfs = self.env().vfs.as_deref();
        let source = connect::copier(self.path(), vfs)?;
        source.execute(
            include_str!("../queries/copy_database.sql"),
            named_params! { ":path": target.to_string_lossy() },
        )?;
        let copy = connect::copier(target, vfs)?;
        meta::set(&copy, meta::IS_COPY, "1")
    }
}
