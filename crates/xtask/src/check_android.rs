//! `cargo xtask check-android`: the whole app through the compiler's eyes for a phone. No phone's build can be made without
//! Google's kit, but every line of ours and of what we use is checked for one, with the standard library's own sources.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_tests::{Failure, Result};

use crate::project::Project;
use crate::{packages, shell, ui};

const TARGET: &str = "aarch64-linux-android";

/// Debian's compiler has its standard library as sources beside it; another one cannot check for what it was not built for.
const COMPILER: &str = "/usr/bin/rustc";
const CARGO: &str = "/usr/bin/cargo";

/// In place of the kit's C compiler: nothing is linked, so what it makes may be empty.
const CC: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    case "$1" in
    -o) : > "$2"; shift ;;
    -o*) : > "${1#-o}" ;;
    esac
    shift
done
"#;

/// In place of its archiver: an archive of nothing.
const AR: &str = r#"#!/bin/sh
for name; do
    case "$name" in
    *.a) printf '!<arch>\n' > "$name"; exit 0 ;;
    esac
done
"#;

/// Checks the app for Android; fails where anything does not compile.
pub fn run(project: &Project) -> Result {
    if !shell::has("apt-get") {
        return Err(Failure::new(
            "the compiler comes from Debian's packages, and there is no apt here",
        ));
    }
    packages::ensure(project, &[packages::BUILD, packages::PHONE])?;
    ui::install(project)?;
    ui::build(project)?;
    let folder = project.target.join("android");
    let cc = script(&folder, "cc", CC)?;
    let ar = script(&folder, "ar", AR)?;
    let mut cargo = project.command(CARGO);
    cargo.args(["check", "--locked", "--package", "counterfoil"]);
    cargo.args(["-Z", "build-std=std,panic_abort", "--target", TARGET]);
    // The standard library is built by hand only where the compiler is told that it may do what is not stable yet.
    cargo.env("RUSTC_BOOTSTRAP", "1");
    cargo.env("RUSTC", COMPILER);
    cargo.env("CARGO_TARGET_DIR", &folder);
    for (tool, program) in [("CC", &cc), ("CXX", &cc), ("AR", &ar)] {
        cargo.env(format!("{tool}_{}", TARGET.replace('-', "_")), program);
    }
    shell::timed("checking the app for Android", || shell::run(&mut cargo))
}

fn script(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(name);
    fs::write(&path, text)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    }
    Ok(path)
}
