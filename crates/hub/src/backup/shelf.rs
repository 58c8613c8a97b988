//! Where backups lie: a folder, or a bucket of any store that speaks S3. What is put there is whole and durable.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use super::BackupError;
use super::bucket::Bucket;
use crate::db::private_file;

/// Half-written backups lie in folders of this name.
const WORK: &str = ".counterfoil-work-";
/// A small file on its way to its place.
const HALF: &str = ".counterfoil-half-";
/// Held while a backup is written to a folder.
const LOCK: &str = ".counterfoil-lock";

/// Where backups lie; cheap to clone.
#[derive(Debug, Clone)]
pub struct Shelf(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Folder(PathBuf),
    Bucket(Bucket),
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
        Bucket::open(place, rest, settings).map(|bucket| Self(Kind::Bucket(bucket)))
    }

    /// What an operator calls it.
    pub(crate) fn shown(&self) -> String {
        match &self.0 {
            Kind::Folder(folder) => folder.display().to_string(),
            Kind::Bucket(bucket) => bucket.shown().to_owned(),
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
            Kind::Bucket(bucket) => bucket.put_bytes(name, bytes).await,
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
            Kind::Bucket(bucket) => bucket.get_file(name, &mut out, to).await?,
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
            Kind::Bucket(bucket) => bucket.get_bytes(name).await,
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
            Kind::Bucket(bucket) => bucket.list().await?,
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
            Kind::Bucket(bucket) => bucket.delete(name).await,
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
