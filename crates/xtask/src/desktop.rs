//! A desktop of our own: a display, a message bus and a key store, apart from the user's.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use counterfoil_tests::Result;
use counterfoil_tests::processes::Programs;

use crate::shell;

/// Large enough for every size of the window. Else the screen begins anew when the last window closes, and a window that
/// opens in that moment finds none.
const SCREEN: &str = "-screen 0 1600x1000x24 -noreset";

/// Unlocks a fresh key store, then becomes the program that is given as arguments.
const START: &str = r#"eval "$(printf 'till\n' | gnome-keyring-daemon --unlock --components=secrets)"
exec "$@""#;

/// Whether there is a display on which a person would see a window.
pub fn has_display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// A command that runs `program` on a desktop whose key store and settings lie in `home`.
pub fn command(home: &Path, program: &OsStr) -> Result<Command> {
    let folder = |name: &str| -> Result<_> {
        let folder = home.join(name);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    };
    let runtime = folder("runtime")?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The bus and the key store refuse a folder that others may enter.
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700))?;
    }
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "xvfb-run", "-a", "-s", SCREEN])
        .args(["sh", "-c", START, "sh"])
        .arg(program)
        .env("XDG_RUNTIME_DIR", runtime)
        .env("XDG_DATA_HOME", folder("data")?)
        .env("XDG_CONFIG_HOME", folder("config")?)
        .env("XDG_CACHE_HOME", folder("cache")?)
        .env("GDK_BACKEND", "x11")
        .env("NO_AT_BRIDGE", "1")
        .env_remove("WAYLAND_DISPLAY");
    Ok(command)
}

/// Runs the xtask of `programs` with this one's arguments on a desktop of our own, and tells it by `--inside` where its files may
/// lie. All of it is gone afterwards.
pub fn again(programs: &Programs, purpose: &str) -> Result {
    let home = tempfile::Builder::new()
        .prefix(&format!("counterfoil-{purpose}-"))
        .tempdir()?;
    let program = programs.path("xtask")?;
    let mut command = command(home.path(), program.as_os_str())?;
    command
        .args(std::env::args_os().skip(1))
        .arg("--inside")
        .arg(home.path().join("files"));
    shell::run(&mut command)
}
