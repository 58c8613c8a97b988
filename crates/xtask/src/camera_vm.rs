//! `cargo xtask camera-vm`: Debian's own kernel in an emulated machine, with its webcam and a loopback, and the camera code
//! on top. Nothing is installed on this machine but QEMU and busybox: kernel, headers and modules are unpacked in the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::{Failure, Result};

use crate::project::Project;
use crate::{packages, shell};

/// How long the machine may take.
#[derive(Args)]
pub struct Options {
    /// The machine is switched off after that many minutes
    #[arg(long, default_value_t = 15)]
    minutes: u64,
}

/// What the machine loads, and whether Debian's kernel has it already.
const MODULES: [&str; 2] = ["vivid", "v4l2loopback"];
/// What is shown of a console that ends too early.
const LINES_SHOWN: usize = 40;

/// What the machine does once it runs.
const INIT: &str = "#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
export COUNTERFOIL_CAMERA_VM=1
/bin/camera_vm
/bin/busybox poweroff -f
";

/// Builds the machine, lets it run and shows what was found; fails where a fact does not hold or is missing.
pub fn run(project: &Project, options: &Options) -> Result {
    packages::ensure(project, &[packages::BUILD, packages::MACHINE])?;
    if !shell::has("apt-get") {
        return Err(Failure::new(
            "the kernel comes from Debian's packages, and there is no apt here",
        ));
    }
    let program = shell::timed("building the program", || build(project))?;
    let machine = Machine {
        project,
        folder: project.target.join("camera-vm"),
    };
    fs::create_dir_all(&machine.folder)?;
    let kernel = machine.kernel()?;
    machine.loopback(&kernel)?;
    machine.disk(&kernel, &program)?;
    let console = machine.boot(&kernel, options.minutes)?;
    report(&console)
}

fn build(project: &Project) -> Result<PathBuf> {
    let mut cargo = project.cargo();
    cargo.args(["build", "--quiet", "--package", "counterfoil-scan"]);
    shell::run(cargo.args(["--example", "camera_vm"]))?;
    Ok(project.target.join("debug/examples/camera_vm"))
}

struct Machine<'a> {
    project: &'a Project,
    folder: PathBuf,
}

impl Machine<'_> {
    /// Where Debian's packages are unpacked.
    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    /// The kernel's version, its packages unpacked.
    fn kernel(&self) -> Result<String> {
        let image = self.needs("linux-image-amd64", "linux-image-")?;
        let kernel = image.trim_start_matches("linux-image-").to_owned();
        let headers = format!("linux-headers-{kernel}");
        let mut wanted = vec![image, headers.clone(), "v4l2loopback-dkms".to_owned()];
        wanted.push(self.needs(&headers, "linux-headers-")?);
        wanted.push(self.needs(&headers, "linux-kbuild-")?);
        let unpacked = self.folder.join("unpacked");
        let names = wanted.join("\n");
        if fs::read_to_string(&unpacked).is_ok_and(|before| before == names) {
            return Ok(kernel);
        }
        let downloads = self.folder.join("packages");
        let _ = fs::remove_dir_all(&downloads);
        let _ = fs::remove_dir_all(self.root());
        fs::create_dir_all(&downloads)?;
        shell::timed("fetching a kernel", || {
            let mut fetch = Command::new("apt-get");
            fetch.args(["-q", "download"]).args(&wanted);
            shell::run(fetch.current_dir(&downloads))
        })?;
        for package in fs::read_dir(&downloads)? {
            let mut unpack = Command::new("dpkg-deb");
            unpack.arg("-x").arg(package?.path()).arg(self.root());
            shell::run(&mut unpack)?;
        }
        // The headers know their place on a machine that has them installed.
        let makefile = self.headers(&kernel).join("Makefile");
        let text = fs::read_to_string(&makefile).context(makefile.display())?;
        let sources = self.root().join("usr/src");
        let text = text.replace("/usr/src", &sources.to_string_lossy());
        fs::write(&makefile, text)?;
        fs::write(&unpacked, names)?;
        Ok(kernel)
    }

    /// The package that another one depends on, by how it begins.
    fn needs(&self, package: &str, begins: &str) -> Result<String> {
        let said = shell::output(self.project.command("apt-cache").args(["depends", package]))?;
        let mut needs = said
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Depends: "));
        needs
            .find(|name| name.starts_with(begins))
            .map(str::to_owned)
            .ok_or_else(|| {
                Failure::new(format!(
                    "apt knows no {begins}... that {package} needs; try: apt-get update"
                ))
            })
    }

    fn headers(&self, kernel: &str) -> PathBuf {
        self.root()
            .join("usr/src")
            .join(format!("linux-headers-{kernel}"))
    }

    fn modules(&self, kernel: &str) -> PathBuf {
        self.root().join("lib/modules").join(kernel)
    }

    /// Builds the loopback's module for the kernel and lists which modules need which.
    fn loopback(&self, kernel: &str) -> Result {
        let built = self.modules(kernel).join("extra/v4l2loopback.ko");
        if built.is_file() {
            return Ok(());
        }
        let source = fs::read_dir(self.root().join("usr/src"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.join("v4l2loopback.c").is_file())
            .ok_or_else(|| Failure::new("the loopback's package holds no v4l2loopback.c"))?;
        let log = self.folder.join("module.log");
        let words = File::create(&log).context(log.display())?;
        let mut make = Command::new("make");
        make.arg("-C").arg(self.headers(kernel));
        make.arg(format!("M={}", source.display())).arg("modules");
        make.stdout(words.try_clone()?).stderr(words);
        shell::timed("building the loopback", || shell::run(&mut make))
            .map_err(|error| Failure::new(format!("{error}; see {}", log.display())))?;
        if let Some(folder) = built.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(source.join("v4l2loopback.ko"), &built)?;
        let mut depmod = Command::new("busybox");
        depmod.args(["depmod", "-b"]).arg(self.root()).arg(kernel);
        shell::run(&mut depmod)
    }

    /// All that the machine has: busybox, the modules, the program and its libraries.
    fn disk(&self, kernel: &str, program: &Path) -> Result {
        let disk = self.folder.join("disk");
        let _ = fs::remove_dir_all(&disk);
        for folder in ["bin", "proc", "sys", "dev", "modules"] {
            fs::create_dir_all(disk.join(folder))?;
        }
        let init = disk.join("init");
        fs::write(&init, INIT)?;
        shell::run(Command::new("chmod").arg("755").arg(&init))?;
        let busybox = shell::output(Command::new("sh").args(["-c", "command -v busybox"]))?;
        fs::copy(busybox.trim(), disk.join("bin/busybox"))?;
        // Debug information would only fill the machine's memory.
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(disk.join("bin/camera_vm")).arg(program);
        shell::run(&mut strip)?;
        for library in libraries(program)? {
            copy_into(&disk, &library)?;
        }
        for module in MODULES {
            let files = self.module_files(kernel, module)?;
            let mut names = Vec::new();
            for file in files {
                let name = file.file_name().unwrap_or_default();
                fs::copy(&file, disk.join("modules").join(name)).context(file.display())?;
                names.push(name.to_string_lossy().into_owned());
            }
            fs::write(disk.join("modules").join(module), names.join("\n"))?;
        }
        let packed = self.folder.join("disk.cpio");
        let mut pack = Command::new("sh");
        pack.args(["-c", "find . | busybox cpio -o -H newc >\"$0\" 2>/dev/null"]);
        shell::run(pack.arg(&packed).current_dir(&disk))
    }

    /// A module with everything that it needs, in the order in which they are loaded.
    fn module_files(&self, kernel: &str, module: &str) -> Result<Vec<PathBuf>> {
        let modules = self.modules(kernel);
        let listed = fs::read_to_string(modules.join("modules.dep"))?;
        let line = listed.lines().find(|line| {
            line.split(':')
                .next()
                .is_some_and(|file| names(file, module))
        });
        let line = line
            .ok_or_else(|| Failure::new(format!("the kernel {kernel} has no module {module}")))?;
        let mut files: Vec<PathBuf> = line
            .split([':', ' '])
            .filter(|file| !file.is_empty())
            .map(|file| modules.join(file))
            .collect();
        // What a module needs is listed after it, the most basic last.
        files.reverse();
        Ok(files)
    }

    /// Runs the machine to its end and returns what its console said.
    fn boot(&self, kernel: &str, minutes: u64) -> Result<String> {
        let console = self.folder.join("console");
        let _ = fs::remove_file(&console);
        let mut machine = Command::new("timeout");
        machine.arg(format!("{}m", minutes.max(1)));
        machine.args([
            "qemu-system-x86_64",
            "-accel",
            "tcg",
            "-m",
            "1024",
            "-smp",
            "2",
        ]);
        machine.args([
            "-display",
            "none",
            "-no-reboot",
            "-nic",
            "none",
            "-monitor",
            "none",
        ]);
        machine
            .arg("-serial")
            .arg(format!("file:{}", console.display()));
        machine
            .arg("-kernel")
            .arg(self.root().join(format!("boot/vmlinuz-{kernel}")));
        machine.arg("-initrd").arg(self.folder.join("disk.cpio"));
        machine.args(["-append", "console=ttyS0 quiet panic=-1"]);
        let since = Instant::now();
        let ran = shell::timed(&format!("a machine with {kernel}"), || {
            shell::run(&mut machine)
        });
        let said = fs::read(&console).context(console.display())?;
        let said = String::from_utf8_lossy(&said).into_owned();
        if ran.is_err() && since.elapsed() >= Duration::from_secs(minutes * 60) {
            println!("the machine was switched off after {minutes} minutes");
            return Ok(said);
        }
        ran.map(|()| said)
    }
}

fn names(file: &str, module: &str) -> bool {
    Path::new(file)
        .file_stem()
        .is_some_and(|stem| stem == module)
}

/// The libraries that a program is linked with, where they lie here.
fn libraries(program: &Path) -> Result<Vec<PathBuf>> {
    let said = shell::output(Command::new("ldd").arg(program))?;
    let found = said.split_whitespace().filter(|word| word.starts_with('/'));
    Ok(found.map(PathBuf::from).collect())
}

/// Copies a file to the same place on the disk.
fn copy_into(disk: &Path, file: &Path) -> Result {
    let place = disk.join(file.strip_prefix("/").unwrap_or(file));
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(file, &place).context(file.display())?;
    Ok(())
}

/// The table of facts.
fn report(console: &str) -> Result {
    let facts: Vec<Vec<&str>> = console
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("FACT\t"))
        .map(|fact| fact.splitn(3, '\t').collect())
        .collect();
    for fact in &facts {
        if let [holds, name, remark] = fact.as_slice() {
            println!("{holds:6} {name:75} {remark}");
        }
    }
    let failed = facts.iter().filter(|fact| fact.first() != Some(&"holds"));
    let failed = failed.count();
    let ended = console.lines().any(|line| line.trim_end() == "END");
    if !ended {
        let lines: Vec<&str> = console.lines().collect();
        let last = &lines[lines.len().saturating_sub(LINES_SHOWN)..];
        return Err(Failure::new(format!(
            "{}\nthe machine stopped before everything was found out",
            last.join("\n")
        )));
    }
    println!("{} hold, {failed} do not", facts.len() - failed);
    if facts.is_empty() || failed > 0 {
        return Err(Failure::new(format!("{failed} facts do not hold")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::report;

    #[test]
    fn all_facts_must_hold_and_the_machine_must_come_to_its_end() {
        let good = "booting\nFACT\tholds\tit opens\t1280x720\r\nEND\r\n";
        assert!(report(good).is_ok());
        assert!(report(&good.replace("END", "")).is_err());
        assert!(report(&good.replace("holds", "FAILS")).is_err());
        assert!(report("END\n").is_err());
    }
}
