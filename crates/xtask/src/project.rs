//! Where things lie, and what has changed since they were last made.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use counterfoil_tests::processes::Programs;
use counterfoil_tests::{Failure, Result};

/// How programs are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quickly made, with every check.
    Debug,
    /// As they are shipped.
    Release,
}

impl Profile {
    /// What `--release` asks for, or its absence.
    pub const fn asked(release: bool) -> Self {
        if release { Self::Release } else { Self::Debug }
    }

    /// The folder in cargo's target folder, and the name that people give it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }

    /// Asks `cargo` for it.
    pub fn ask(self, cargo: &mut Command) {
        if self == Self::Release {
            cargo.arg("--release");
        }
    }
}

/// The project's folders.
pub struct Project {
    /// The folder of the workspace.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Project {
    /// Finds the project that this program was built from.
    pub fn find() -> Result<Self> {
        let manifest = std::env::var("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest)
            .ancestors()
            .nth(2)
            .filter(|root| root.join("tauri.conf.json").is_file())
            .ok_or_else(|| Failure::new(format!("{manifest} is not in the project")))?
            .to_path_buf();
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| root.join("target"), |target| root.join(target));
        Ok(Self { root, target })
    }

    /// The UI's folder.
    pub fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The programs that are built so.
    pub fn programs(&self, profile: Profile) -> Programs {
        Programs::in_folder(self.target.join(profile.name()))
    }

    /// A command that runs at the root.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// The cargo that runs this program, at the root.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.current_dir(&self.root);
        // What cargo told this program about itself is not true for another one.
        for name in [
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_PATH",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// A mark in `file` that remembers from which state of `inputs` something was made.
    pub fn mark(&self, file: PathBuf, inputs: &[PathBuf]) -> Result<Mark> {
        let mut hasher = DefaultHasher::new();
        for input in inputs {
            hash(input, &mut hasher)?;
        }
        Ok(Mark {
            file,
            state: format!("{:016x}", hasher.finish()),
        })
    }
}

/// See [`Project::mark`].
pub struct Mark {
    file: PathBuf,
    state: String,
}

impl Mark {
    /// Whether the inputs are what they were when [`Mark::set`] was last called.
    pub fn is_set(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|state| state == self.state)
    }

    /// Remembers the inputs' state.
    pub fn set(&self) -> Result {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.state)?;
        Ok(())
    }
}

fn hash(path: &Path, hasher: &mut DefaultHasher) -> Result {
    path.hash(hasher);
    if path.is_dir() {
        let mut entries: Vec<PathBuf> = fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<_>>()?;
        entries.sort();
        for entry in entries {
            hash(&entry, hasher)?;
        }
    } else if path.is_file() {
        fs::read(path)?.hash(hasher);
    }
    Ok(())
}
