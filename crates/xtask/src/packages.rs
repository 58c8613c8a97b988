//! What the system itself must have: looked for first, installed only when missing.

use std::process::Command;

use counterfoil_tests::{Failure, Result};

use crate::project::Project;
use crate::shell;

/// Something from the system's own packages, under its name in each family of systems.
pub struct Package {
    debian: &'static str,
    fedora: &'static str,
    arch: &'static str,
    probe: Probe,
}

/// How a package is noticed where there is no dpkg to ask.
enum Probe {
    PkgConfig(&'static str),
    Program(&'static str),
    Library(&'static str),
}

/// What a build needs.
pub const BUILD: &[Package] = &[
    Package {
        debian: "libwebkit2gtk-4.1-dev",
        fedora: "webkit2gtk4.1-devel",
        arch: "webkit2gtk-4.1",
        probe: Probe::PkgConfig("webkit2gtk-4.1"),
    },
    Package {
        debian: "libdbus-1-dev",
        fedora: "dbus-devel",
        arch: "dbus",
        probe: Probe::PkgConfig("dbus-1"),
    },
    Package {
        debian: "libclang-dev",
        fedora: "clang-devel",
        arch: "clang",
        probe: Probe::Library("libclang"),
    },
];

/// What the C++ reader is built with that ours is measured beside.
pub const MEASURE: &[Package] = &[
    Package {
        debian: "cmake",
        fedora: "cmake",
        arch: "cmake",
        probe: Probe::Program("cmake"),
    },
    Package {
        debian: "g++",
        fedora: "gcc-c++",
        arch: "gcc",
        probe: Probe::Program("g++"),
    },
];

/// What installs a program from Python's registry into a folder of its own.
pub const PYTHON: &[Package] = &[Package {
    debian: "python3-venv",
    fedora: "python3",
    arch: "python",
    probe: Probe::Program("python3"),
}];

/// What a program from crates.io is built with that speaks TLS by the system's own library.
pub const TLS: &[Package] = &[Package {
    debian: "libssl-dev",
    fedora: "openssl-devel",
    arch: "openssl",
    probe: Probe::PkgConfig("openssl"),
}];

/// What libFuzzer is built with.
pub const FUZZ: &[Package] = &[Package {
    debian: "g++",
    fedora: "gcc-c++",
    arch: "gcc",
    probe: Probe::Program("g++"),
}];

/// What an emulated machine needs, and the building of a module for its kernel.
pub const MACHINE: &[Package] = &[
    Package {
        debian: "qemu-system-x86",
        fedora: "qemu-system-x86-core",
        arch: "qemu-system-x86",
        probe: Probe::Program("qemu-system-x86_64"),
    },
    Package {
        debian: "busybox-static",
        fedora: "busybox",
        arch: "busybox",
        probe: Probe::Program("busybox"),
    },
    Package {
        debian: "make",
        fedora: "make",
        arch: "make",
        probe: Probe::Program("make"),
    },
    Package {
        debian: "gcc-12",
        fedora: "gcc",
        arch: "gcc",
        probe: Probe::Program("gcc"),
    },
];

/// A compiler that has the sources of its standard library, to check for a phone.
pub const PHONE: &[Package] = &[
    Package {
        debian: "rustc-web",
        fedora: "rust",
        arch: "rust",
        probe: Probe::Program("rustc"),
    },
    Package {
        debian: "cargo-web",
        fedora: "cargo",
        arch: "rust",
        probe: Probe::Program("cargo"),
    },
    Package {
        debian: "rust-web-src",
        fedora: "rust-src",
        arch: "rust-src",
        probe: Probe::Program("rustc"),
    },
];

/// What driving the real window without a display needs.
pub const WINDOW: &[Package] = &[
    Package {
        debian: "webkit2gtk-driver",
        fedora: "webkit2gtk-driver",
        arch: "webkit2gtk-4.1",
        probe: Probe::Program("WebKitWebDriver"),
    },
    Package {
        debian: "xvfb",
        fedora: "xorg-x11-server-Xvfb",
        arch: "xorg-server-xvfb",
        probe: Probe::Program("xvfb-run"),
    },
    Package {
        debian: "xauth",
        fedora: "xorg-x11-xauth",
        arch: "xorg-xauth",
        probe: Probe::Program("xauth"),
    },
    Package {
        debian: "dbus",
        fedora: "dbus-daemon",
        arch: "dbus",
        probe: Probe::Program("dbus-run-session"),
    },
    Package {
        debian: "gnome-keyring",
        fedora: "gnome-keyring",
        arch: "gnome-keyring",
        probe: Probe::Program("gnome-keyring-daemon"),
    },
];

/// What the hub's second engine needs.
pub const DATABASE: &[Package] = &[
    Package {
        debian: "postgresql",
        fedora: "postgresql-server",
        arch: "postgresql",
        probe: Probe::Program("initdb"),
    },
    Package {
        debian: "util-linux",
        fedora: "util-linux",
        arch: "util-linux",
        probe: Probe::Program("setpriv"),
    },
];

/// Sees to it that everything in `groups` is installed. The text says what was done.
pub fn ensure(project: &Project, groups: &[&[Package]]) -> Result<String> {
    // macOS and Windows bring what a build needs with them.
    if !cfg!(target_os = "linux") {
        return Ok(String::new());
    }
    let apt = shell::has("apt-get");
    let mut missing = Vec::new();
    for package in groups.iter().copied().flatten() {
        let there = if apt {
            has_dpkg(project, package)
        } else {
            package.is_noticed(project)
        };
        if !there {
            missing.push(package);
        }
    }
    if missing.is_empty() {
        return Ok("all there".to_owned());
    }
    let names = |of: fn(&Package) -> &'static str| {
        missing
            .iter()
            .map(|package| of(package))
            .collect::<Vec<_>>()
    };
    let debian = names(|package| package.debian);
    if !apt {
        return Err(Failure::new(format!(
            "these packages are missing, and there is no apt here to install them:\n  \
             Fedora: sudo dnf install {}\n  Arch:   sudo pacman -S {}\n  Debian: {}",
            names(|package| package.fedora).join(" "),
            names(|package| package.arch).join(" "),
            debian.join(" "),
        )));
    }
    shell::timed(&format!("installing {}", debian.join(" ")), || {
        install(project, &debian)
    })?;
    Ok(format!("installed {}", debian.join(" ")))
}

impl Package {
    fn is_noticed(&self, project: &Project) -> bool {
        match self.probe {
            Probe::Program(name) => shell::has(name),
            Probe::PkgConfig(name) => {
                let mut command = project.command("pkg-config");
                shell::output(command.args(["--exists", name])).is_ok()
            }
            Probe::Library(name) => shell::output(project.command("ldconfig").arg("-p"))
                .is_ok_and(|known| known.contains(name)),
        }
    }
}

fn has_dpkg(project: &Project, package: &Package) -> bool {
    // The meta package may be absent where a numbered one is installed: ask for the programs.
    if package.debian == "postgresql" {
        return counterfoil_tests::postgres::programs().is_some();
    }
    let mut command = project.command("dpkg-query");
    command.args(["-W", "-f=${db:Status-Status}", package.debian]);
    shell::output(&mut command).is_ok_and(|status| status == "installed")
}

fn install(project: &Project, names: &[&str]) -> Result {
    let root = shell::output(project.command("id").arg("-u"))?.trim() == "0";
    let apt = |args: &[&str]| -> Command {
        let mut command = if root {
            project.command("env")
        } else {
            let mut sudo = project.command("sudo");
            sudo.args(["-n", "env"]);
            sudo
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]);
        // Somebody else's apt may be at work: wait for it instead of failing.
        command.args(["-o", "DPkg::Lock::Timeout=300"]).args(args);
        command
    };
    let mut wanted = vec!["install", "--no-install-recommends"];
    wanted.extend(names);
    shell::run(&mut apt(&["update"]))
        .and_then(|()| shell::run(&mut apt(&wanted)))
        .map_err(|error| {
            let names = names.join(" ");
            Failure::new(format!("{error}; by hand: sudo apt-get install {names}"))
        })
}
