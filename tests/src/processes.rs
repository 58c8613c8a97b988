//! The real programs: the hub, the command line and the demo shop that they make together.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::failure::Context;
use crate::group::Group;
use crate::{Failure, Result, http, wait};

/// How long a hub may take to say that it is ready: its database is made in this time.
const HUB_PATIENCE: Duration = Duration::from_secs(30);
/// How long a hub may take to finish what it began.
const HUB_GRACE: Duration = Duration::from_secs(15);

/// The account that the demo shop has on its hub.
pub const DEMO_EMAIL: &str = "owner@cafelima.example";
/// Its password.
pub const DEMO_PASSWORD: &str = "CafeLima2026";

/// What a hub must be told besides its database: on SQLite it makes a secret of its own.
pub fn secret_for(database: &str) -> Option<(&'static str, &'static str)> {
    let secret = "a secret that is only good for tests of the programs";
    database
        .starts_with("postgres")
        .then_some(("COUNTERFOIL_HUB_SECRET", secret))
}

/// Where the built programs lie.
#[derive(Clone, Debug)]
pub struct Programs(PathBuf);

impl Programs {
    /// The programs in `folder`, such as `target/debug`.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The programs that were built together with the running one.
    ///
    /// # Errors
    /// When the system does not say where the running program lies.
    pub fn beside_this() -> Result<Self> {
        let mut folder = std::env::current_exe()?;
        folder.pop();
        if folder.ends_with("deps") {
            folder.pop();
        }
        Ok(Self(folder))
    }

    /// The file of the program `name`.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self
            .0
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if path.is_file() {
            return Ok(path);
        }
        let path = path.display();
        Err(Failure::new(format!(
            "{path} is missing: `cargo build --workspace` makes it"
        )))
    }

    /// A command that runs the program `name` without a keyboard.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn command(&self, name: &str) -> Result<Command> {
        let mut command = Command::new(self.path(name)?);
        command.stdin(Stdio::null());
        Ok(command)
    }

    /// Runs `counterfoil-cli` on the till in `data` and gives back what it printed as JSON.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub fn cli(&self, data: &Path, args: &[&str]) -> Result<Value> {
        let output = self
            .command("counterfoil-cli")?
            .arg("--data")
            .arg(data)
            .arg("--json")
            .args(args)
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::new(format!(
                "counterfoil-cli {args:?}: {said}{why}"
            )));
        }
        serde_json::from_str(&said).context(format!("counterfoil-cli {args:?}"))
    }
}

/// A running hub; dropping it ends it.
pub struct Hub {
    group: Group,
    url: String,
}

impl Hub {
    /// Starts a hub on a free loopback port and waits until it is ready to serve.
    ///
    /// `folder` receives its log and the file that names its address; `database` is a URL such as
    /// `sqlite:PATH`.
    ///
    /// # Errors
    /// When the hub ends or is not ready in time.
    pub fn start(programs: &Programs, database: &str, folder: &Path) -> Result<Self> {
        Self::start_at(programs, database, folder, "127.0.0.1:0")
    }

    /// The same, at an address of choice: a hub that comes back is found where it was.
    ///
    /// # Errors
    /// When the hub ends or is not ready in time.
    pub fn start_at(
        programs: &Programs,
        database: &str,
        folder: &Path,
        listen: &str,
    ) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let port_file = folder.join("hub.address");
        if port_file.exists() {
            fs::remove_file(&port_file)?;
        }
        let log_file = folder.join("hub.log");
        let log = File::create(&log_file)?;
        let mut command = programs.command("counterfoil-hub")?;
        command
            .args([
                "serve",
                "--listen",
                listen,
                "--database",
                database,
                "--port-file",
            ])
            .arg(&port_file)
            // The demo's whole history comes from one address at once.
            .env("COUNTERFOIL_HUB_RATE_LIMIT", "1000000")
            .env("COUNTERFOIL_HUB_AUTH_RATE_LIMIT", "1000000")
            .envs(secret_for(database))
            .stdout(log.try_clone()?)
            .stderr(log);
        let mut group = Group::spawn(&mut command)?;
        let url = wait::until(HUB_PATIENCE, "the hub", || {
            if let Some(status) = group.ended()? {
                let said = fs::read_to_string(&log_file).unwrap_or_default();
                return Err(Failure::new(format!("the hub ended ({status}):\n{said}")));
            }
            let url = fs::read_to_string(&port_file).unwrap_or_default();
            let url = url.trim().to_owned();
            let ready = http::request("GET", &format!("{url}/health/ready"), None);
            Ok(ready
                .is_ok_and(|answer| answer.status == 200)
                .then_some(url))
        })?;
        Ok(Self { group, url })
    }

    /// Where the hub listens, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process group's id.
    pub fn id(&self) -> u32 {
        self.group.id()
    }

    /// Asks the hub to finish what it began, and waits for its end.
    ///
    /// # Errors
    /// When it ended with an error.
    pub fn stop(mut self) -> Result {
        let status = self.group.stop(HUB_GRACE)?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new(format!("the hub stopped with {status}")))
    }

    /// Ends the hub as a power cut does.
    ///
    /// # Errors
    /// When the system does not answer.
    pub fn kill(mut self) -> Result {
        self.group.kill()?;
        Ok(())
    }
}

/// A shop on disk: the till's data, and beside it what belongs to its hub.
pub struct Shop {
    till: PathBuf,
    hub: PathBuf,
}

impl Shop {
    /// The shop whose till keeps its data in `till`; the hub's folder has the same name with `-hub`.
    pub fn at(till: impl Into<PathBuf>) -> Self {
        let till = till.into();
        let mut hub = till.clone().into_os_string();
        hub.push("-hub");
        Self {
            till,
            hub: hub.into(),
        }
    }

    /// The till's data folder.
    pub fn till(&self) -> &Path {
        &self.till
    }

    /// The hub's own folder: its database, its log and the file that names its address.
    pub fn hub(&self) -> &Path {
        &self.hub
    }

    /// Starts this shop's hub.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn start_hub(&self, programs: &Programs) -> Result<Hub> {
        Hub::start(programs, &self.database(), &self.hub)
    }

    /// Starts this shop's hub where it was before.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn start_hub_at(&self, programs: &Programs, url: &str) -> Result<Hub> {
        let listen = url.trim_start_matches("http://");
        Hub::start_at(programs, &self.database(), &self.hub, listen)
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.hub.join("hub.sqlite3").display())
    }

    /// Makes the demo shop, paired with `hub` when there is one. Does nothing when it is there.
    ///
    /// # Errors
    /// When the command line fails.
    pub fn load_demo(&self, programs: &Programs, hub: Option<&str>) -> Result {
        let mut args = vec!["demo", "load"];
        args.extend(hub.into_iter().flat_map(|url| ["--hub", url]));
        programs.cli(&self.till, &args)?;
        Ok(())
    }

    /// Copies the whole shop to another place. Neither till nor hub may run meanwhile.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn copy_to(&self, till: impl Into<PathBuf>) -> Result<Self> {
        let other = Self::at(till);
        copy(&self.till, &other.till)?;
        if self.hub.exists() {
            copy(&self.hub, &other.hub)?;
        }
        Ok(other)
    }
}

/// What the app reads from its environment.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The till's data folder.
    pub data: PathBuf,
    /// The hub's address; without one the till stays offline.
    pub hub: Option<String>,
    /// A picture, a folder of pictures or a video that stands in for the camera.
    pub camera: Option<PathBuf>,
}

impl Surroundings {
    /// The same as environment variables.
    pub fn env(&self) -> Vec<(&'static str, OsString)> {
        let mut env = vec![("COUNTERFOIL_DATA_DIR", self.data.clone().into_os_string())];
        if let Some(hub) = &self.hub {
            env.push(("COUNTERFOIL_HUB_URL", hub.into()));
        }
        if let Some(camera) = &self.camera {
            env.push((
                "COUNTERFOIL_CAMERA",
                format!("file:{}", camera.display()).into(),
            ));
        }
        env
    }
}

fn copy(from: &Path, to: &Path) -> Result {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
