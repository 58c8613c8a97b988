//! Where backups lie: a folder, or a bucket of any store that speaks S3. What is put there is whole and durable.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::BackupError;
use crate::db::private_file;

/// Half-written backups lie in folders of this name.
const WORK: &str = ".counterfoil-work-";
/// A small file on its way to its place.
const HALF: &str = ".counterfoil-half-";
/// Held while a backup is written to a folder.
const LOCK: &str = ".counterfoil-lock";
/// A part of an upload; Amazon's least is 5 MB.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Amazon takes at most 10,000 parts.
const PARTS_MAX: u64 = 9_000;
/// How long one request to a bucket is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where backups lie; cheap to clone.
#[derive(Debug, Clone)]
pub struct Shelf(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Folder(PathBuf),
    Bucket(Bucket),
}

#[derive(Clone)]
struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    shown: String,
}

impl std::fmt::Debug for Bucket {
    /// Without the store, which holds keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Bucket").field(&self.shown).finish()
    }
}

impl Shelf {
    /// A folder's path, or `s3://BUCKET/PREFIX`; `settings` are `AWS_...` names and values for the latter.
    ///
    /// # Errors
    /// When it is neither, or the settings do not do. Nothing is looked at yet.
    pub fn open(
        place: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BackupError> {
        let Some(rest) = place.strip_prefix("s3://") else {
            if place.is_empty() || place.contains("://") {
                return Err(BackupError::Address(place.to_owned()));
            }
            return Ok(Self(Kind::Folder(PathBuf::from(place))));
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(BackupError::Address(place.to_owned()));
        }
        let unusable = |e: object_store::Error| BackupError::Settings {
            place: place.to_owned(),
            words: e.to_string(),
        };
        let retry = RetryConfig {
            retry_timeout: PATIENCE,
            ..RetryConfig::default()
        };
        // Every store has single deletes; few have Amazon's bulk ones.
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(name)
            .with_config(AmazonS3ConfigKey::DisableBulkDelete, "true")
            .with_retry(retry);
        for (name, value) in settings {
            // What is not for the store is not ours to judge.
            if name.starts_with("AWS_")
                && let Ok(key) = name.to_ascii_lowercase().parse()
            {
                builder = builder.with_config(key, value);
            }
        }
        Ok(Self(Kind::Bucket(Bucket {
            store: Arc::new(builder.build().map_err(unusable)?),
            prefix: Key::from(prefix),
            shown: place.to_owned(),
        })))
    }

    /// What an operator calls it.
    pub(crate) fn shown(&self) -> String {
        match &self.0 {
            Kind::Folder(folder) => folder.display().to_string(),
            Kind::Bucket(bucket) => bucket.shown.clone(),
        }
    }

    /// Begins to write a backup: with a folder only one at a time does, and what a killed one left is swept away. The
    /// folder itself is made, the ones above it are not: a disk that is not mounted must not be taken for an empty one.
    pub(super) fn begin(&self) -> Result<Desk, BackupError> {
        let folder = match &self.0 {
            Kind::Bucket(_) => {
                let work = tempfile::tempdir().map_err(BackupError::file(&std::env::temp_dir()))?;
                return Ok(Desk { work, _lock: None });
            }
            Kind::Folder(folder) => folder,
        };
        if !folder.exists() {
            std::fs::create_dir(folder).map_err(BackupError::file(folder))?;
        }
        let path = folder.join(LOCK);
        let lock = File::create(&path).map_err(BackupError::file(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(BackupError::Busy(self.shown()));
            }
            Err(std::fs::TryLockError::Error(error)) => {
                return Err(BackupError::file(&path)(error));
            }
        }
        for entry in std::fs::read_dir(folder).map_err(BackupError::file(folder))? {
            let entry = entry.map_err(BackupError::file(folder))?;
            if entry.file_name().to_string_lossy().starts_with(WORK) {
                std::fs::remove_dir_all(entry.path()).map_err(BackupError::file(&entry.path()))?;
            }
        }
        let work = tempfile::Builder::new()
            .prefix(WORK)
            .tempdir_in(folder)
            .map_err(BackupError::file(folder))?;
        Ok(Desk {
            work,
            _lock: Some(lock),
        })
    }

    /// Puts a file that lies on the desk in its place; afterwards it survives a power cut.
    pub(super) async fn put_file(&self, name: &str, from: &Path) -> Result<(), BackupError> {
        match &self.0 {
            Kind::Folder(folder) => {
                let (from, folder, to) = (from.to_owned(), folder.clone(), folder.join(name));
                tokio::task::spawn_blocking(move || {
                    move_in(&from, &folder, &to).map_err(BackupError::file(&to))
                })
                .await?
            }
            Kind::Bucket(bucket) => bucket.put_file(name, from).await,
        }
    }

    /// Puts a small file in its place, whole and durable. Needs no desk: it does not wait for a backup.
    pub(super) async fn put_bytes(&self, name: &str, bytes: Vec<u8>) -> Result<(), BackupError> {
        match &self.0 {
            Kind::Folder(folder) => {
                let (folder, to) = (folder.clone(), folder.join(name));
                let put = move || {
                    let mut half = tempfile::Builder::new()
                        .prefix(HALF)
                        .tempfile_in(&folder)
                        .map_err(BackupError::file(&folder))?;
                    half.write_all(&bytes)
                        .and_then(|()| half.as_file().sync_all())
                        .map_err(BackupError::file(&to))?;
                    half.persist(&to)
                        .map_err(|e| BackupError::file(&to)(e.error))?;
                    sync_folder(&folder).map_err(BackupError::file(&folder))
                };
                tokio::task::spawn_blocking(put).await?
            }
            Kind::Bucket(bucket) => {
                let payload = PutPayload::from(bytes);
                let put = bucket.store.put(&bucket.key(name), payload).await;
                put.map(drop).map_err(|e| bucket.error(name, &e))
            }
        }
    }

    /// Brings a file here; `to` must not exist.
    pub(super) async fn get_file(&self, name: &str, to: &Path) -> Result<(), BackupError> {
        let file = private_file(to).map_err(BackupError::file(to))?;
        let mut out = tokio::fs::File::from_std(file);
        match &self.0 {
            Kind::Folder(folder) => {
                let from = folder.join(name);
                let mut file = tokio::fs::File::open(&from)
                    .await
                    .map_err(BackupError::file(&from))?;
                tokio::io::copy(&mut file, &mut out)
                    .await
                    .map_err(BackupError::file(&from))?;
            }
            Kind::Bucket(bucket) => {
                let got = bucket.store.get(&bucket.key(name)).await;
                let mut parts = got.map_err(|e| bucket.error(name, &e))?.into_stream();
                while let Some(part) = parts.try_next().await.map_err(|e| bucket.error(name, &e))? {
                    out.write_all(&part).await.map_err(BackupError::file(to))?;
                }
            }
        }
        out.flush().await.map_err(BackupError::file(to))
    }

    /// A small file, where it is there.
    pub(super) async fn get_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
        match &self.0 {
            Kind::Folder(folder) => {
                let path = folder.join(name);
                match tokio::fs::read(&path).await {
                    Ok(bytes) => Ok(Some(bytes)),
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(e) => Err(BackupError::file(&path)(e)),
                }
            }
            Kind::Bucket(bucket) => match bucket.store.get(&bucket.key(name)).await {
                Ok(got) => {
                    let bytes = got.bytes().await.map_err(|e| bucket.error(name, &e))?;
                    Ok(Some(bytes.to_vec()))
                }
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(e) => Err(bucket.error(name, &e)),
            },
        }
    }

    /// The names of what lies there, in order; none where the folder is not there yet.
    pub(super) async fn list(&self) -> Result<Vec<String>, BackupError> {
        let mut names = match &self.0 {
            Kind::Folder(folder) => match std::fs::read_dir(folder) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
                Err(e) => return Err(BackupError::file(folder)(e)),
                Ok(entries) => entries
                    .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                    .collect::<Result<_, std::io::Error>>()
                    .map_err(BackupError::file(folder))?,
            },
            Kind::Bucket(bucket) => {
                let listed = bucket.store.list_with_delimiter(Some(&bucket.prefix)).await;
                let objects = listed.map_err(|e| bucket.error("", &e))?.objects;
                let names = objects.iter().filter_map(|o| o.location.filename());
                names.map(str::to_owned).collect()
            }
        };
        names.sort();
        Ok(names)
    }

    /// Takes a file away; one that is gone already is no error.
    pub(super) async fn delete(&self, name: &str) -> Result<(), BackupError> {
        match &self.0 {
            Kind::Folder(folder) => {
                let path = folder.join(name);
                match std::fs::remove_file(&path) {
                    Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                        Err(BackupError::file(&path)(e))
                    }
                    _ => Ok(()),
                }
            }
            Kind::Bucket(bucket) => match bucket.store.delete(&bucket.key(name)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(e) => Err(bucket.error(name, &e)),
            },
        }
    }
}

/// Where a backup is put together; gone when dropped.
#[derive(Debug)]
pub(super) struct Desk {
    work: TempDir,
    /// Held until the backup is done.
    _lock: Option<File>,
}

impl Desk {
    pub(super) fn path(&self) -> &Path {
        self.work.path()
    }
}

impl Bucket {
    fn key(&self, name: &str) -> Key {
        self.prefix.clone().join(name)
    }

    fn error(&self, name: &str, error: &object_store::Error) -> BackupError {
        BackupError::Place {
            place: format!("{}/{name}", self.shown.trim_end_matches('/')),
            words: error.to_string(),
        }
    }

    async fn put_file(&self, name: &str, from: &Path) -> Result<(), BackupError> {
        let mut file = tokio::fs::File::open(from)
            .await
            .map_err(BackupError::file(from))?;
        let bytes = file
            .metadata()
            .await
            .map_err(BackupError::file(from))?
            .len();
        let part_bytes =
            PART_BYTES.max(usize::try_from(bytes / PARTS_MAX).unwrap_or(PART_BYTES) + 1);
        let key = self.key(name);
        let first = read_part(&mut file, part_bytes)
            .await
            .map_err(BackupError::file(from))?;
        let failed = |e: &object_store::Error| self.error(name, e);
        if (first.len() as u64) == bytes {
            let put = self.store.put(&key, PutPayload::from(first)).await;
            put.map_err(|e| failed(&e))?;
        } else {
            let upload = self.store.put_multipart(&key).await;
            let mut upload = upload.map_err(|e| failed(&e))?;
            let sent = send_parts(&mut *upload, &mut file, first, part_bytes).await;
            if let Err(error) = sent {
                // Parts of an upload that is given up cost money; where this fails too, the first error says enough.
                let _ = upload.abort().await;
                return Err(failed(&error));
            }
        }
        let there = self.store.head(&key).await.map_err(|e| failed(&e))?.size;
        if there == bytes {
            return Ok(());
        }
        Err(BackupError::Place {
            place: format!("{}/{name}", self.shown.trim_end_matches('/')),
            words: format!("{there} of {bytes} bytes arrived"),
        })
    }
}

async fn send_parts(
    upload: &mut dyn MultipartUpload,
    file: &mut tokio::fs::File,
    first: Vec<u8>,
    part_bytes: usize,
) -> Result<(), object_store::Error> {
    let mut part = first;
    while !part.is_empty() {
        upload.put_part(PutPayload::from(part)).await?;
        part = read_part(file, part_bytes)
            .await
            .map_err(|e| object_store::Error::Generic {
                store: "the backup's file",
                source: e.into(),
            })?;
    }
    upload.complete().await?;
    Ok(())
}

/// The next bytes, fewer than asked for at the end alone.
async fn read_part(file: &mut tokio::fs::File, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::with_capacity(bytes.min(PART_BYTES));
    file.take(bytes as u64).read_to_end(&mut part).await?;
    Ok(part)
}

fn move_in(from: &Path, folder: &Path, to: &Path) -> std::io::Result<()> {
    File::open(from)?.sync_all()?;
    std::fs::rename(from, to)?;
    sync_folder(folder)
}

/// Makes a rename in a folder survive a power cut, where the system can.
pub(super) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf(place: &str) -> Result<Shelf, BackupError> {
        Shelf::open(place, [])
    }

    fn settings() -> [(String, String); 3] {
        let pairs = [
            ("AWS_ACCESS_KEY_ID", "us"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_REGION", "here"),
        ];
        pairs.map(|(k, v)| (k.to_owned(), v.to_owned()))
    }

    #[test]
    fn a_bucket_with_half_a_key_says_which_settings_it_takes() {
        let half = settings().into_iter().skip(1);
        let error = Shelf::open("s3://bucket/hub", half)
            .unwrap_err()
            .to_string();
        assert!(error.contains("AWS_ACCESS_KEY_ID"), "{error}");
    }

    #[test]
    fn a_place_is_a_folder_or_a_bucket() {
        assert!(shelf("/srv/backups").is_ok());
        assert!(Shelf::open("s3://bucket/hub", settings()).is_ok());
        for place in ["", "ftp://host/x", "s3://", "https://host/bucket"] {
            assert!(shelf(place).is_err(), "{place}");
        }
    }

    #[test]
    fn keys_of_a_bucket_are_not_printed() {
        let shelf = Shelf::open("s3://bucket/hub", settings());
        assert!(!format!("{:?}", shelf.unwrap()).contains("hush"));
    }

    #[tokio::test]
    async fn one_backup_at_a_time_is_written_to_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = shelf(&folder.path().display().to_string()).unwrap();
        let desk = shelf.begin().unwrap();
        assert!(matches!(shelf.begin(), Err(BackupError::Busy(_))));
        drop(desk);
        assert!(shelf.begin().is_ok());
    }

    #[tokio::test]
    async fn what_a_killed_backup_left_is_swept_away() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(format!("{WORK}old"));
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("half.gz"), "half").unwrap();
        let shelf = shelf(&folder.path().display().to_string()).unwrap();
        drop(shelf.begin().unwrap());
        assert!(!left.exists());
    }

    #[test]
    fn a_folder_on_a_disk_that_is_not_mounted_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("mnt").join("backups");
        let error = shelf(&missing.display().to_string()).unwrap().begin();
        assert!(error.is_err());
        assert!(!folder.path().join("mnt").exists());
    }
}
