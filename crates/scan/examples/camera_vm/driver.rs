//! The kernel's two cameras: vivid, a webcam with a test picture, and v4l2loopback, which shows what a program writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Where the drivers lie, each with a list of what it needs, in order.
const MODULES: &str = "/modules";
/// How long the kernel may take to show or take away a device.
const PATIENCE: Duration = Duration::from_secs(20);

/// Loads a driver and what it needs, and waits for its first device.
pub fn load(name: &str, options: &[&str]) -> Result<PathBuf, String> {
    let list = Path::new(MODULES).join(name);
    let list = fs::read_to_string(&list).map_err(|err| format!("{}: {err}", list.display()))?;
    for file in list.lines() {
        let mut command = busybox("insmod");
        command.arg(Path::new(MODULES).join(file));
        let wanted = file == format!("{name}.ko");
        if wanted {
            command.args(options);
        }
        // What it needs may be there already.
        let loaded = run(&mut command);
        if wanted {
            loaded?;
        }
    }
    wait(|| nodes().into_iter().next(), "no device came")
}

/// Unloads a driver, which works only while nobody holds its device.
pub fn unload(name: &str) -> Result<(), String> {
    run(busybox("rmmod").arg(name))?;
    wait(|| nodes().is_empty().then_some(()), "the device stayed")
}

/// Pulls the webcam out.
pub fn unplug() -> Result<(), String> {
    tell("unbind")?;
    wait(|| nodes().is_empty().then_some(()), "the device stayed")
}

/// Plugs it in again.
pub fn plug() -> Result<PathBuf, String> {
    tell("bind")?;
    wait(|| nodes().into_iter().next(), "no device came")
}

fn tell(what: &str) -> Result<(), String> {
    let path = format!("/sys/bus/platform/drivers/vivid/{what}");
    fs::write(&path, "vivid.0").map_err(|err| format!("{path}: {err}"))
}

/// The device nodes of cameras, the first one first.
fn nodes() -> Vec<PathBuf> {
    let entries = fs::read_dir("/dev").into_iter().flatten().flatten();
    let mut nodes: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().starts_with("/dev/video"))
        .collect();
    nodes.sort();
    nodes
}

fn busybox(applet: &str) -> Command {
    let mut command = Command::new("/bin/busybox");
    command.arg(applet);
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|err| err.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.trim().to_owned())
}

fn wait<T>(mut what: impl FnMut() -> Option<T>, or_else: &str) -> Result<T, String> {
    let since = Instant::now();
    loop {
        if let Some(there) = what() {
            return Ok(there);
        }
        if since.elapsed() > PATIENCE {
            return Err(format!("{or_else} within {} s", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
