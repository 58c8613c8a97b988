//! A stage for one story: its own copy of the demo shop, its own hub, its own window.
//!
//! The shop is made once for all stories of a run and copied for each, which takes milliseconds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::json;
use tempfile::TempDir;

use crate::failure::Context as _;
use crate::processes::{DEMO_EMAIL, DEMO_PASSWORD, Hub, Programs, Shop, Surroundings};
use crate::stories::Album;
use crate::webdriver::Window;
use crate::{Failure, Result, till};

/// See the module.
pub struct Stage {
    /// The app's window. Declared first: the app closes before its hub and its files go.
    pub window: Window,
    /// The shop's hub, while it runs.
    pub hub: Option<Hub>,
    /// The shop's files.
    pub shop: Shop,
    /// The programs under test.
    pub programs: Programs,
    /// Where the hub is, or was.
    pub address: String,
    folder: TempDir,
}

/// What a story begins with.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// What the camera sees.
    pub camera: Option<PathBuf>,
    /// The system has no key store.
    pub without_key_store: bool,
    /// The till is fresh out of its box: no shop, no hub.
    pub without_shop: bool,
    /// The till's book is torn: its file begins with noise, and its log is gone.
    pub damaged: bool,
    /// The shop is made for this story alone: the story forgets keys, and all copies of one shop share theirs.
    pub own_shop: bool,
}

impl Stage {
    /// Opens the demo shop's till, paired and online.
    ///
    /// # Errors
    /// When hub, till or window do not start.
    pub fn open() -> Result<Self> {
        Self::set(&Setting::default())
    }

    /// Opens the demo shop's till in this `setting`.
    ///
    /// # Errors
    /// When hub, till or window do not start.
    pub fn set(setting: &Setting) -> Result<Self> {
        let programs = Programs::beside_this()?;
        let folder = tempfile::Builder::new()
            .prefix("story-")
            .tempdir_in(run_folder())?;
        let till = folder.path().join("till");
        let (shop, hub) = if setting.without_shop {
            (Shop::at(till), None)
        } else {
            let shop = if setting.own_shop {
                make_shop(&programs, till)?
            } else {
                template(&programs)?.copy_to(till)?
            };
            let hub = shop.start_hub(&programs)?;
            (shop, Some(hub))
        };
        if setting.damaged {
            tear(&shop.till().join("till.sqlite3"))?;
        }
        let address = hub.as_ref().map(|hub| hub.url().to_owned());
        let surroundings = Surroundings {
            data: shop.till().to_path_buf(),
            hub: address.clone(),
            camera: setting.camera.clone(),
        };
        let mut env = surroundings.env();
        if setting.without_key_store {
            env.push(("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent".into()));
        }
        let window = Window::open(&programs.path("counterfoil")?, &env)?;
        Ok(Self {
            window,
            hub,
            shop,
            programs,
            address: address.unwrap_or_default(),
            folder,
        })
    }

    /// The hub is gone, as at a power cut.
    ///
    /// # Errors
    /// When it was gone already.
    pub fn lose_hub(&mut self) -> Result {
        let hub = self
            .hub
            .take()
            .ok_or_else(|| Failure::new("there is no hub to lose"))?;
        hub.kill()
    }

    /// The hub comes back where it was, with what it had stored.
    ///
    /// # Errors
    /// When it does not get ready.
    pub fn bring_hub_back(&mut self) -> Result {
        self.hub = Some(self.shop.start_hub_at(&self.programs, &self.address)?);
        Ok(())
    }

    /// A one-time code for a till of this shop, as its owner gets it.
    ///
    /// # Errors
    /// When the hub gives none.
    pub fn pairing_code(&self) -> Result<String> {
        let account = json!({
            "hub": self.address, "email": DEMO_EMAIL, "password": DEMO_PASSWORD, "register": false,
        });
        let code = till::invoke(&self.window, "pairing_code", &json!({"account": account}))?;
        let code = code["code"].as_str();
        Ok(code
            .ok_or_else(|| Failure::new("no pairing code"))?
            .to_owned())
    }

    /// A second till of the same shop, paired by a code from the owner's account; driven by the command line.
    ///
    /// # Errors
    /// When the hub gives no code, or the second till is not let in.
    pub fn second_till(&self) -> Result<PathBuf> {
        let code = self.pairing_code()?;
        let data = self.folder.path().join("second");
        self.programs
            .cli(&data, &["pair", "--code", &code, "--hub", &self.address])?;
        Ok(data)
    }

    /// An album for pictures that nobody keeps.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn album(&self) -> Result<Album> {
        Album::in_folder(&self.folder.path().join("album"))
    }
}

/// Overwrites the first page and drops the log, from which SQLite would write that page anew.
fn tear(database: &Path) -> Result {
    let mut bytes = fs::read(database)?;
    let page = bytes.len().min(4096);
    bytes[..page].fill(0x3c);
    fs::write(database, bytes)?;
    for side in ["-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(side);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

/// The root of the project, where `ui/` and `assets/` lie.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The source of axe-core, as installed for the UI.
///
/// # Errors
/// When the UI's packages are not installed.
pub fn axe() -> Result<String> {
    let file = project().join("ui/node_modules/axe-core/axe.min.js");
    fs::read_to_string(&file).context(file.display())
}

/// Where this run keeps its files; whoever started the run removes them.
fn run_folder() -> PathBuf {
    std::env::var_os("COUNTERFOIL_E2E_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from)
}

fn template(programs: &Programs) -> Result<&'static Shop> {
    static TEMPLATE: OnceLock<std::result::Result<Shop, String>> = OnceLock::new();
    TEMPLATE
        .get_or_init(|| make_template(programs).map_err(|error| error.to_string()))
        .as_ref()
        .map_err(|error| Failure::new(format!("the demo shop: {error}")))
}

fn make_template(programs: &Programs) -> Result<Shop> {
    let folder = run_folder().join(format!("template-{}", std::process::id()));
    make_shop(programs, folder.join("till"))
}

fn make_shop(programs: &Programs, till: PathBuf) -> Result<Shop> {
    let shop = Shop::at(till);
    let hub = shop.start_hub(programs)?;
    shop.load_demo(programs, Some(hub.url()))?;
    hub.stop()?;
    Ok(shop)
}
