//! Whether this till's rows are the hub's: checksums compared at rest, at exactly the same change.

use counterfoil_domain::table::Table;
use counterfoil_store::{Count, Store};

use crate::client::{HubClient, HubCredentials};
use crate::error::{HubError, SyncError};
use crate::http::Transport;
use crate::steps::blocking;

/// How closely to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The sums that followed the changes: no row is read.
    Kept,
    /// Every row is read and counted: finds what changed behind the program's back, too.
    Rows,
}

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Till and hub do not stand at the same change now, or the hub has no sums to compare: later.
    NotNow,
    /// The same rows.
    Same,
    /// Other rows in these tables; noted in the store.
    Differs(Vec<Table>),
}

/// Compares this till's rows with the hub's.
///
/// # Errors
/// When the hub cannot be reached or refuses, or the database fails.
pub async fn check_once<T: Transport>(
    store: &Store,
    client: &HubClient<T>,
    by: &HubCredentials,
    depth: Depth,
) -> Result<Checked, SyncError> {
    if !blocking(store, Store::takes_images).await? {
        return Ok(Checked::NotNow);
    }
    let count = blocking(store, move |s| match (depth, s.sums()?) {
        (Depth::Kept, (cursor, Some(sums))) => Ok(Count { cursor, sums }),
        (_, (_, kept)) => {
            let count = s.count_rows()?;
            if kept.is_none() {
                s.adopt_sums(&count)?;
            }
            Ok(count)
        }
    })
    .await?;
    let reply = match client.sums(count.cursor.seq, by).await {
        Ok(reply) => reply,
        // A hub that is older than checksums.
        Err(HubError::Refused { status: 404, .. }) => return Ok(Checked::NotNow),
        Err(error) => return Err(error.into()),
    };
    let here = (count.cursor.epoch, count.cursor.seq);
    let Some(theirs) = reply
        .read()
        .filter(|_| here == (Some(reply.epoch), reply.seq))
    else {
        return Ok(Checked::NotNow);
    };
    let tables = count.sums.differences(&theirs);
    if tables.is_empty() {
        return Ok(Checked::Same);
    }
    let names: Vec<&str> = tables.iter().map(|table| table.name()).collect();
    tracing::warn!(
        tables = names.join(" "),
        seq = reply.seq,
        "this till's rows differ from the hub's; a fresh image is fetched"
    );
    let noted = tables.clone();
    blocking(store, move |s| s.note_differences(&noted)).await?;
    Ok(Checked::Differs(tables))
}
