//! An image of the shop on its way from the hub: what has come lies beside the database, so that a download goes on where it
//! broke off, and is unpacked once it is whole and proven.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::StoreError;
use crate::migrate;
use crate::store::Store;

const PART: &str = ".part";
const BUFFER_BYTES: usize = 256 * 1024;

/// What the hub says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its length, compressed.
    pub bytes: u64,
    /// SHA-256 of the compressed bytes, as lower-case hex.
    pub sha256: String,
    /// The length of the database in it.
    pub unpacked_bytes: u64,
}

/// The part of an image that is here already.
#[derive(Debug)]
pub struct ImagePart {
    file: File,
    path: PathBuf,
    unpacked: PathBuf,
    bytes: u64,
}

fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Where an image is unpacked. What lies there is never complete until it has taken the database's place.
pub(crate) fn unpacked_path(database: &Path) -> PathBuf {
    beside(database, ".image")
}

/// Every part of a download beside the database, by the image's id.
fn parts(database: &Path) -> Result<Vec<(Uuid, PathBuf)>, StoreError> {
    let (Some(folder), Some(name)) = (database.parent(), database.file_name()) else {
        return Ok(Vec::new());
    };
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let prefix = format!("{}.image-", name.to_string_lossy());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let id = name
            .to_string_lossy()
            .strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(PART))
            .and_then(|id| Uuid::parse_str(id).ok());
        if let Some(id) = id {
            found.push((id, entry.path()));
        }
    }
    Ok(found)
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

impl Store {
    /// The newest version of the schema that this program reads.
    #[must_use]
    pub fn schema_known() -> u32 {
        u32::try_from(migrate::MIGRATIONS.len()).unwrap_or(u32::MAX)
    }

    /// The image whose download was begun, if there is one.
    ///
    /// # Errors
    /// When the database's folder cannot be read.
    pub fn image_begun(&self) -> Result<Option<Uuid>, StoreError> {
        Ok(parts(self.path())?.first().map(|(id, _)| *id))
    }

    /// Opens the part of an image that is here, or begins it; parts of other images go.
    ///
    /// # Errors
    /// The disk's trouble.
    pub fn open_image_part(&self, id: Uuid) -> Result<ImagePart, StoreError> {
        for (other, path) in parts(self.path())? {
            if other != id {
                remove(&path)?;
            }
        }
        let path = beside(self.path(), &format!(".image-{id}{PART}"));
        let mut options = File::options();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // It holds the shop's customers.
            options.mode(0o600);
        }
        let file = options.open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(ImagePart {
            file,
            path,
            unpacked: unpacked_path(self.path()),
            bytes,
        })
    }

    /// Gives up whatever has come of images, and the room it takes.
    ///
    /// # Errors
    /// The disk's trouble.
    pub fn drop_images(&self) -> Result<(), StoreError> {
        for (_, path) in parts(self.path())? {
            remove(&path)?;
        }
        remove(&unpacked_path(self.path()))
    }
}

impl ImagePart {
    /// How many bytes are here.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds the bytes that follow.
    ///
    /// # Errors
    /// The disk's trouble.
    pub fn append(&mut self, piece: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(piece)?;
        self.bytes += piece.len() as u64;
        Ok(())
    }

    /// Proves the whole image against what the hub said of it, unpacks it and brings it onto the disk, telling after each
    /// quarter of a megabyte how many bytes of the database are there. The caller then installs it.
    ///
    /// # Errors
    /// `image_damaged` when it is not what the hub sent: then it is thrown away, to be fetched anew. Else the disk's trouble.
    pub fn unpack(mut self, packed: &Packed, mut tell: impl FnMut(u64)) -> Result<(), StoreError> {
        match self.try_unpack(packed, &mut tell) {
            Err(error @ StoreError::Invalid { .. }) => {
                remove(&self.path)?;
                remove(&self.unpacked)?;
                Err(error)
            }
            outcome => outcome,
        }
    }

    fn try_unpack(
        &mut self,
        packed: &Packed,
        tell: &mut impl FnMut(u64),
    ) -> Result<(), StoreError> {
        let damaged = |what: &str| {
            StoreError::invalid(
                "image_damaged",
                format!("the image of the shop was damaged on its way: {what}"),
            )
        };
        if self.bytes != packed.bytes || self.digest()? != packed.sha256 {
            return Err(damaged("its fingerprint is another"));
        }
        self.file.seek(SeekFrom::Start(0))?;
        let packed_file = BufReader::with_capacity(BUFFER_BYTES, &self.file);
        // Never more than was announced, whatever the bytes claim.
        let mut database = GzDecoder::new(packed_file).take(packed.unpacked_bytes + 1);
        remove(&self.unpacked)?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut target = options.open(&self.unpacked)?;
        let mut buffer = vec![0; BUFFER_BYTES];
        let mut done = 0;
        loop {
            let read = match database.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(damaged(&error.to_string())),
            };
            target.write_all(&buffer[..read])?;
            done += read as u64;
            tell(done);
        }
        if done != packed.unpacked_bytes {
            return Err(damaged("it has another length"));
        }
        target.sync_all()?;
        Ok(())
    }

    fn digest(&mut self) -> Result<String, StoreError> {
        self.file.seek(SeekFrom::Start(0))?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match self.file.read(&mut buffer)? {
                0 => break,
                read => hasher.update(&buffer[..read]),
            }
        }
        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        Ok(hex)
    }
}
