//! The lines of a history: one file a till, over all its lives.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;

use counterfoil_domain::{DeviceId, OpId, TenantId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that a till was asked, said, or showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Line {
    /// A process began, and shows these rows of its own.
    Began {
        /// The shop.
        tenant_id: TenantId,
        /// The till.
        device_id: DeviceId,
        /// Rows that it shows and that were made on it.
        shows: Vec<Uuid>,
    },
    /// Somebody asked for an operation.
    Invoke {
        /// Its number on this till.
        number: u64,
        /// Its kind.
        kind: String,
        /// The row that it makes.
        row: Uuid,
    },
    /// It was acknowledged: the person saw it as done.
    Ok {
        /// Its number.
        number: u64,
        /// Its id.
        op_id: OpId,
        /// Whether the till showed the row afterwards.
        shown: bool,
    },
    /// It was refused: the person saw it as not done.
    Fail {
        /// Its number.
        number: u64,
        /// Why.
        code: String,
    },
    /// How far the till has followed the hub.
    Cursor {
        /// The hub's life.
        epoch: Uuid,
        /// The change.
        seq: u64,
    },
    /// Somebody put an old copy of the disk in place: what was done since lives on in the hub alone.
    Restored,
}

/// What one till's file says.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Its lines in order.
    pub lines: Vec<Line>,
}

impl History {
    /// Reads a file. A last line that a kill cut short says nothing and is left out.
    ///
    /// # Errors
    /// When the file cannot be read, or a line before the last is broken.
    pub fn read(path: &Path) -> io::Result<Self> {
        let mut lines = Vec::new();
        let mut broken = None;
        for line in BufReader::new(File::open(path)?).lines() {
            if let Some(error) = broken.take() {
                return Err(io::Error::other(error));
            }
            let line = line?;
            match serde_json::from_str(&line) {
                Ok(line) => lines.push(line),
                Err(error) => broken = Some(format!("{}: {error}: {line}", path.display())),
            }
        }
        Ok(Self { lines })
    }
}

/// Writes a history, each line synced before the till goes on.
#[derive(Debug)]
pub struct Recorder(File);

impl Recorder {
    /// Goes on with the file, or begins it.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(path)?;
        // A kill may have cut the last line short; the next one must not continue it.
        let torn = std::fs::read(path)?
            .last()
            .is_some_and(|last| *last != b'\n');
        if torn {
            let length = std::fs::read(path)?
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |end| end + 1);
            file.set_len(u64::try_from(length).unwrap_or(0))?;
        }
        file.flush()?;
        Ok(Self(file))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.0.write_all(text.as_bytes())?;
        self.0.sync_data()
    }
}
