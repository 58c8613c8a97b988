//! Changes as files that a person takes along: one to read, one for a program.

use counterfoil_domain::OpId;
use counterfoil_store::read::desk::{WholeOp, list_whole};
use serde_json::{Value, json};

use super::paper::{self, Head};
use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{DeskExport, Failure};

impl Counterfoil {
    /// Writes one change, or all that are not settled, to the exports folder.
    ///
    /// # Errors
    /// `change_not_found`, `nothing_to_export`; `disk_full`, `disk_failed`.
    pub fn export_changes(&self, op_id: Option<OpId>) -> Outcome<DeskExport> {
        self.signed_in()?;
        let ops = self.store()?.read(|conn| list_whole(conn, op_id))?;
        match (ops.is_empty(), op_id) {
            (false, _) => self.write_changes(&ops),
            (true, Some(_)) => Err(Failure::new("change_not_found", "there is no such change")),
            (true, None) => Err(Failure::new(
                "nothing_to_export",
                "every change of this till is on the hub",
            )),
        }
    }

    /// What had to be said before an end: everything that only this till has, where there is something.
    pub(crate) fn export_unsent(&self) -> Outcome<Option<DeskExport>> {
        let ops = self.store()?.read(|conn| list_whole(conn, None))?;
        if ops.is_empty() {
            return Ok(None);
        }
        self.write_changes(&ops).map(Some)
    }

    fn write_changes(&self, ops: &[WholeOp]) -> Outcome<DeskExport> {
        let stamp = self.file_stamp()?;
        let path = self.export_path(&format!("changes-{stamp}.txt"))?;
        let data_path = path.with_extension("json");
        let identity = self.identity()?;
        let info = self.find_shop()?;
        let head = Head {
            shop: info.as_ref().map_or("", |i| i.shop.name.as_str()),
            till: identity.as_ref().map_or("", |i| i.till_code.as_str()),
            zone: info.as_ref().map(|i| &i.zone),
            locale: self.paper_locale()?,
            at: self.now(),
        };
        let data = json!({
            "format": "counterfoil-changes-1",
            "exported_at": self.now(),
            "tenant_id": identity.as_ref().map(|i| i.tenant_id),
            "device_id": identity.as_ref().map(|i| i.device_id),
            "till_code": head.till,
            "shop": head.shop,
            "operations": ops.iter().map(whole).collect::<Vec<_>>(),
        });
        std::fs::write(&data_path, serde_json::to_string_pretty(&data)?)?;
        std::fs::write(&path, paper::text(&head, ops))?;
        Ok(DeskExport {
            path: path.display().to_string(),
            data_path: data_path.display().to_string(),
            changes: u32::try_from(ops.len()).unwrap_or(u32::MAX),
        })
    }
}

/// The payload stays text, byte for byte, so that its hash can be checked; `content` is the same to look into.
fn whole(op: &WholeOp) -> Value {
    json!({
        "op_id": op.row.op_id,
        "kind": op.row.kind,
        "version": op.version,
        "class": op.row.class,
        "at": op.row.at,
        "staff_id": op.staff_id,
        "staff": op.row.staff,
        "subject": op.row.subject,
        "state": op.row.state,
        "reason": op.row.reason,
        "incarnation": op.place.as_ref().map(|(incarnation, _)| incarnation),
        "seq": op.place.as_ref().map(|(_, seq)| seq),
        "hash": op.hash,
        "payload": op.payload,
        "content": serde_json::from_str::<Value>(&op.payload).ok(),
    })
}
