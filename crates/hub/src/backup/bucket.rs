//! A bucket of any store that speaks S3.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::BackupError;

/// A part of an upload; Amazon's least is 5 MB.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Amazon takes at most 10,000 parts.
const PARTS_MAX: u64 = 9_000;
/// How long one request is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where backups lie in it.
#[derive(Clone)]
pub(super) struct Bucket {
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

impl Bucket {
    /// `rest` is `NAME/PREFIX`; settings that are not for the store are not ours to judge.
    pub(super) fn open(
        place: &str,
        rest: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, BackupError> {
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
        Ok(Self {
            store: Arc::new(builder.build().map_err(unusable)?),
            prefix: Key::from(prefix),
            shown: place.to_owned(),
        })
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    pub(super) async fn put_bytes(&self, name: &str, bytes: Vec<u8>) -> Result<(), BackupError> {
        let put = self
            .store
            .put(&self.key(name), PutPayload::from(bytes))
            .await;
        put.map(drop).map_err(|e| self.error(name, &e))
    }

    pub(super) async fn get_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, BackupError> {
        match self.store.get(&self.key(name)).await {
            Ok(got) => {
                let bytes = got.bytes().await.map_err(|e| self.error(name, &e))?;
                Ok(Some(bytes.to_vec()))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.error(name, &e)),
        }
    }

    pub(super) async fn get_file(
        &self,
        name: &str,
        out: &mut tokio::fs::File,
        to: &Path,
    ) -> Result<(), BackupError> {
        let got = self.store.get(&self.key(name)).await;
        let mut parts = got.map_err(|e| self.error(name, &e))?.into_stream();
        while let Some(part) = parts.try_next().await.map_err(|e| self.error(name, &e))? {
            out.write_all(&part).await.map_err(BackupError::file(to))?;
        }
        Ok(())
    }

    pub(super) async fn list(&self) -> Result<Vec<String>, BackupError> {
        let listed = self.store.list_with_delimiter(Some(&self.prefix)).await;
        let objects = listed.map_err(|e| self.error("", &e))?.objects;
        let names = objects.iter().filter_map(|o| o.location.filename());
        Ok(names.map(str::to_owned).collect())
    }

    pub(super) async fn delete(&self, name: &str) -> Result<(), BackupError> {
        match self.store.delete(&self.key(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(self.error(name, &e)),
        }
    }

    fn key(&self, name: &str) -> Key {
        self.prefix.clone().join(name)
    }

    fn error(&self, name: &str, error: &object_store::Error) -> BackupError {
        BackupError::Place {
            place: format!("{}/{name}", self.shown.trim_end_matches('/')),
            words: error.to_string(),
        }
    }

    pub(super) async fn put_file(&self, name: &str, from: &Path) -> Result<(), BackupError> {
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
