//! What this process needs, as Linux tells it.

use std::fs;

/// Clock ticks of the kernel's interface to programs last this long, on every system that Linux runs on.
const TICK_MS: u64 = 10;

/// The name of the thread that takes the pictures for the screen.
pub const SCREEN: &str = "soak-screen";

/// Time on a core, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    /// Of the thread that decodes.
    pub decode: u64,
    /// Of the thread that asks for previews, on which they are made.
    pub screen: u64,
    /// Of the thread that takes pictures; these are made on it.
    pub camera: u64,
}

/// Memory that is in use, in kilobytes.
pub fn resident_kb() -> Result<i64, String> {
    let status = read("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| "/proc/self/status tells no memory".to_owned())
}

/// What the threads of the camera have used so far.
pub fn cpu_ms() -> Result<Cpu, String> {
    let mut cpu = Cpu::default();
    let tasks = fs::read_dir("/proc/self/task").map_err(|err| format!("/proc/self/task: {err}"))?;
    for task in tasks.flatten() {
        let stat = read(&task.path().join("stat").to_string_lossy())?;
        // The name stands in brackets; user and system time are the 12th and 13th word behind it.
        let Some((head, rest)) = stat.rsplit_once(')') else {
            continue;
        };
        let ticks = rest.split_whitespace().skip(11).take(2);
        let ms = TICK_MS
            * ticks
                .filter_map(|word| word.parse::<u64>().ok())
                .sum::<u64>();
        if head.ends_with("(scan-decode") {
            cpu.decode += ms;
        } else if head.ends_with("(scan-camera") {
            cpu.camera += ms;
        } else if head.ends_with(SCREEN) {
            cpu.screen += ms;
        }
    }
    Ok(cpu)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|err| format!("{path}: {err}"))
}
