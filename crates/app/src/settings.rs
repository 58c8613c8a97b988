//! What is set on this till alone, and the copy of its database.

use crate::Counterfoil;
use crate::failure::Outcome;
use crate::view::{Failure, SavedFile, ScannerEnding, ScannerSettings, SettingsView, Theme};

const KEY: &str = "till";
const LANGUAGES: [&str; 3] = ["", "en", "es"];
/// What scanners can be set to.
const BAUDS: [u32; 8] = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200];

/// A till that nobody set up yet.
pub(crate) fn defaults() -> SettingsView {
    SettingsView {
        theme: Theme::System,
        language: String::new(),
        sounds: true,
        motion: true,
        camera: String::new(),
        lock_after_min: 10,
        scanner: ScannerSettings {
            port: String::new(),
            baud: 9600,
            ending: ScannerEnding::Line,
        },
    }
}

/// What was stored, over the defaults: what an older version did not know is as in a till that nobody set up.
fn over_defaults(stored: &str) -> Option<SettingsView> {
    let mut settings = serde_json::to_value(defaults()).ok()?;
    let stored: serde_json::Map<String, serde_json::Value> = serde_json::from_str(stored).ok()?;
    settings.as_object_mut()?.extend(stored);
    serde_json::from_value(settings).ok()
}

impl Counterfoil {
    /// This till's settings.
    ///
    /// # Errors
    /// When the database fails.
    pub fn settings(&self) -> Outcome<SettingsView> {
        let stored = self.store()?.setting(KEY)?;
        // Settings of another version are no reason to keep a till from starting.
        Ok(stored
            .and_then(|text| over_defaults(&text))
            .unwrap_or_else(defaults))
    }

    /// Sets them.
    ///
    /// # Errors
    /// `setting_invalid`, or when the database fails.
    pub fn set_settings(&self, settings: SettingsView) -> Outcome<SettingsView> {
        if !LANGUAGES.contains(&settings.language.as_str()) {
            return Err(Failure::new("setting_invalid", "the app speaks en and es").on("language"));
        }
        if !BAUDS.contains(&settings.scanner.baud) {
            let text = format!("a scanner speaks at one of {BAUDS:?} bits a second");
            return Err(Failure::new("setting_invalid", text).on("scanner"));
        }
        self.store()?
            .set_setting(KEY, &serde_json::to_string(&settings)?)?;
        self.use_scanner(&settings.scanner);
        Ok(settings)
    }

    /// Writes a copy of the database to the exports folder.
    ///
    /// # Errors
    /// `disk_full`, `disk_failed`.
    pub fn backup_copy(&self) -> Outcome<SavedFile> {
        let stamp = self.file_stamp()?;
        let path = self.export_path(&format!("counterfoil-{stamp}.sqlite3"))?;
        self.store()?.backup_copy(&path)?;
        Ok(SavedFile {
            path: path.display().to_string(),
        })
    }

    /// Now, in a form that goes into a file's name.
    pub(crate) fn file_stamp(&self) -> Outcome<String> {
        Ok(match self.find_shop()? {
            Some(info) => {
                let local = info.zone.local(self.now())?;
                let minute = local.minute_of_day;
                format!("{}-{:02}{:02}", local.date, minute / 60, minute % 60)
            }
            None => self.now().0.to_string(),
        })
    }

    /// A free name in the exports folder, which is made where needed.
    pub(crate) fn export_path(&self, name: &str) -> Outcome<std::path::PathBuf> {
        let folder = self.config().exports();
        std::fs::create_dir_all(&folder)?;
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let mut path = folder.join(name);
        let mut turn = 2;
        while path.exists() {
            path = folder.join(format!("{stem}-{turn}.{ending}"));
            turn += 1;
        }
        Ok(path)
    }
}
