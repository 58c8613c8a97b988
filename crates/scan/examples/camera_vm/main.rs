//! What the camera code does on a kernel that has cameras. `cargo xtask camera-vm` runs it in a virtual machine of its own:
//! it loads and unloads drivers, and nobody wants that anywhere else. Each line that begins with `FACT` is a finding.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was found is said on the console of the virtual machine"
)]

#[cfg(target_os = "linux")]
mod driver;
#[cfg(target_os = "linux")]
mod scenes;
#[cfg(target_os = "linux")]
mod watched;
#[cfg(target_os = "linux")]
mod writer;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    if std::env::var_os("COUNTERFOIL_CAMERA_VM").is_none() {
        eprintln!("this loads and unloads drivers: run it by `cargo xtask camera-vm`");
        return ExitCode::FAILURE;
    }
    // What a driver's binding says when it panics is caught and told as a failed camera.
    std::panic::set_hook(Box::new(|panicked| println!("caught: {panicked}")));
    let facts = scenes::all();
    for (name, outcome) in &facts {
        match outcome {
            Ok(remark) => println!("FACT\tholds\t{name}\t{remark}"),
            Err(why) => println!("FACT\tFAILS\t{name}\t{why}"),
        }
    }
    println!("END");
    if facts.iter().all(|(_, outcome)| outcome.is_ok()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("the virtual machine runs Linux");
    ExitCode::FAILURE
}
