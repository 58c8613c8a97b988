//! `cargo xtask run`: from a fresh clone to the demo shop on the screen.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use counterfoil_tests::group::Group;
use counterfoil_tests::processes::{Hub, Programs, Shop, Surroundings};
use counterfoil_tests::stories::{self, Album};
use counterfoil_tests::webdriver::Window;
use counterfoil_tests::{Failure, Result};

use crate::project::{Profile, Project};
use crate::{desktop, interrupt, packages, shell, ui};

/// Marks a folder that `--reset` may remove.
const MARK: &str = "made-by-xtask-run";

/// How the demo is to be started.
#[derive(Args)]
pub struct Options {
    /// Start no hub: the till works on its own
    #[arg(long, conflicts_with = "hub")]
    offline: bool,
    /// Use this hub instead of starting one
    #[arg(long, value_name = "URL")]
    hub: Option<String>,
    /// A picture, a folder of pictures or a video as the camera
    #[arg(long, value_name = "file:PATH", value_parser = camera)]
    camera: Option<PathBuf>,
    /// The till's data folder [default: .data/demo]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Begin with a fresh shop
    #[arg(long)]
    reset: bool,
    /// We are on a desktop of our own, and everything is built
    #[arg(long, hide = true)]
    inside: bool,
}

/// Installs and builds what is missing, then opens the demo shop.
pub fn run(project: &Project, options: &Options) -> Result {
    if !options.inside {
        build(project, Profile::Debug, !desktop::has_display())?;
        if !desktop::has_display() {
            println!("--> no display here: walking the stories on a screen of our own");
            return run_inside(project);
        }
    }
    let data = options
        .data
        .clone()
        .unwrap_or_else(|| project.root.join(".data/demo"));
    let shop = Shop::at(std::path::absolute(data)?);
    if options.reset {
        reset(&shop)?;
    }
    let programs = project.programs(Profile::Debug);
    let hub = start_hub(&programs, &shop, options)?;
    let url = hub
        .as_ref()
        .map(|hub| hub.url().to_owned())
        .or_else(|| options.hub.clone());
    let result = open(project, &programs, &shop, url, options);
    // Also after Ctrl-C: the hub finishes what it began.
    let stopped = hub.map_or(Ok(()), Hub::stop);
    result.and(stopped)
}

/// Installs and builds everything that a running app needs.
pub fn build(project: &Project, profile: Profile, with_window_tools: bool) -> Result {
    let tools = if with_window_tools {
        packages::WINDOW
    } else {
        &[]
    };
    packages::ensure(project, &[packages::BUILD, tools])?;
    ui::install(project)?;
    ui::build(project)?;
    let mut cargo = project.cargo();
    cargo.args(["build", "--workspace", "--bins"]);
    profile.ask(&mut cargo);
    shell::timed(
        "building the programs (some minutes the first time)",
        || shell::run(&mut cargo),
    )
}

/// Runs this program again, with the same arguments, on a desktop of our own.
fn run_inside(project: &Project) -> Result {
    let program = project.programs(Profile::Debug).path("xtask")?;
    let home = project.root.join(".data/desktop");
    let mut command = desktop::command(&home, program.as_os_str())?;
    shell::run(command.args(std::env::args_os().skip(1)).arg("--inside"))
}

fn start_hub(programs: &Programs, shop: &Shop, options: &Options) -> Result<Option<Hub>> {
    if options.offline || options.hub.is_some() {
        return Ok(None);
    }
    let hub = shell::timed("starting the hub", || shop.start_hub(programs))?;
    println!(
        "    the hub listens at {}, its log is {}",
        hub.url(),
        shop.hub().join("hub.log").display()
    );
    Ok(Some(hub))
}

fn open(
    project: &Project,
    programs: &Programs,
    shop: &Shop,
    hub: Option<String>,
    options: &Options,
) -> Result {
    shell::timed("the demo shop", || shop.load_demo(programs, hub.as_deref()))?;
    fs::write(shop.till().join(MARK), "")?;
    println!("    staff: Carmen (owner, PIN 1111), Rosa (cashier, PIN 2222)");
    let surroundings = Surroundings {
        data: shop.till().to_path_buf(),
        hub,
        camera: options.camera.clone(),
    };
    if options.inside {
        return walk(project, programs, &surroundings);
    }
    println!("--> the app is open; closing it, or Ctrl-C here, ends everything");
    let mut app = Group::spawn(programs.command("counterfoil")?.envs(surroundings.env()))?;
    let _guard = interrupt::foreground(app.id());
    let status = app.wait()?;
    if status.success() || interrupt::happened() {
        return Ok(());
    }
    Err(Failure::new(format!("the app ended: {status}")))
}

fn walk(project: &Project, programs: &Programs, surroundings: &Surroundings) -> Result {
    let folder = project.root.join(".data/screenshots");
    let mut album = Album::in_folder(&folder)?;
    let window = Window::open(&programs.path("counterfoil")?, &surroundings.env())?;
    for (name, story) in stories::ALL {
        shell::timed(name, || story(&window, &mut album))?;
    }
    println!("--> {} screenshots in {}", album.len(), folder.display());
    Ok(())
}

fn reset(shop: &Shop) -> Result {
    if !shop.till().exists() {
        return Ok(());
    }
    if !shop.till().join(MARK).is_file() {
        let folder = shop.till().display();
        return Err(Failure::new(format!(
            "{folder} was not made by this command: not removed"
        )));
    }
    for folder in [shop.till(), shop.hub()] {
        remove(folder)?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

fn camera(text: &str) -> std::result::Result<PathBuf, String> {
    let path = text
        .strip_prefix("file:")
        .ok_or("a camera is given as file:PATH")?;
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    if path.exists() {
        Ok(path)
    } else {
        Err(format!("{} is not there", path.display()))
    }
}
