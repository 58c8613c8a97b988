//! Running other programs so that an interruption reaches them and their words are kept.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use counterfoil_tests::failure::Context as _;
use counterfoil_tests::group::Group;
use counterfoil_tests::{Failure, Result};

use crate::interrupt;

/// How long an interrupted command's children may take to clean up.
const GRACE: Duration = Duration::from_secs(20);

/// What a program said on its two streams.
#[derive(Debug, Default)]
pub struct Said {
    /// Its results.
    pub out: String,
    /// How it went on the way.
    pub err: String,
}

/// Runs `command` to its end; its words go to the terminal.
pub fn run(command: &mut Command) -> Result {
    let (name, status) = finish(command.stdin(Stdio::null()))?;
    if status { Ok(()) } else { Err(failed(&name)) }
}

/// Runs `command` to its end and keeps what it says on both streams, while showing it.
pub fn run_and_keep(command: &mut Command) -> Result<Said> {
    refuse_when_interrupted()?;
    let name = name_of(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut group = Group::spawn(command)?;
    let _guard = interrupt::foreground(group.id());
    let out = group
        .child()
        .stdout
        .take()
        .map(|stream| show(stream, false));
    let err = group.child().stderr.take().map(|stream| show(stream, true));
    let [out, err] = [out, err].map(|reader| {
        let words = reader.and_then(|reader| reader.join().ok());
        words.unwrap_or_default()
    });
    let said = Said { out, err };
    let status = end(&mut group)?;
    if status.success() {
        return Ok(said);
    }
    let last: Vec<&str> = said
        .out
        .lines()
        .filter(|line| line.contains("test result:"))
        .collect();
    let failure = failed(&name);
    Err(Failure::new(
        format!("{failure} {}", last.join(" ")).trim().to_owned(),
    ))
}

/// What `command` prints as its result, without showing it.
pub fn output(command: &mut Command) -> Result<String> {
    Ok(said(command)?.out)
}

/// What `command` says on both streams, without showing it.
pub fn said(command: &mut Command) -> Result<Said> {
    refuse_when_interrupted()?;
    let name = name_of(command);
    let output = command.stdin(Stdio::null()).output().context(&name)?;
    let [out, err] = [output.stdout, output.stderr].map(|stream| {
        let text = String::from_utf8_lossy(&stream);
        text.into_owned()
    });
    if !output.status.success() {
        return Err(Failure::new(format!("{name}: {}", err.trim())));
    }
    Ok(Said { out, err })
}

/// Runs `work` and says what it is and how long it took.
pub fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("--> {what}");
    let started = Instant::now();
    let result = work()?;
    let took = started.elapsed();
    if took > Duration::from_secs(1) {
        println!("    {what}: {:.0} s", took.as_secs_f64());
    }
    Ok(result)
}

/// Whether a program of this name is on the path.
pub fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

fn finish(command: &mut Command) -> Result<(String, bool)> {
    refuse_when_interrupted()?;
    let name = name_of(command);
    let mut group = Group::spawn(command)?;
    let _guard = interrupt::foreground(group.id());
    let status = end(&mut group)?;
    Ok((name, status.success()))
}

/// Waits for the end. After an interruption the leader may go first, while what it started still
/// stops its own hub or cluster.
fn end(group: &mut Group) -> Result<ExitStatus> {
    let status = group.wait()?;
    if interrupt::happened() {
        group.drain(GRACE);
    }
    Ok(status)
}

fn refuse_when_interrupted() -> Result {
    if interrupt::happened() {
        return Err(Failure::new("interrupted"));
    }
    Ok(())
}

fn name_of(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let first = command
        .get_args()
        .next()
        .map(|arg| arg.to_string_lossy().into_owned());
    format!("{program} {}", first.unwrap_or_default())
        .trim()
        .to_owned()
}

fn failed(name: &str) -> Failure {
    if interrupt::happened() {
        return Failure::new("interrupted");
    }
    Failure::new(format!("`{name}` failed, see above"))
}

fn show(stream: impl Read + Send + 'static, is_error: bool) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut said = String::new();
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            let text = String::from_utf8_lossy(&line);
            if is_error {
                eprint!("{text}");
            } else {
                print!("{text}");
            }
            said.push_str(&text);
            line.clear();
        }
        said
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::run_and_keep;

    #[test]
    fn results_are_kept_apart_from_what_was_said_on_the_way() {
        let mut command = Command::new("sh");
        let said = run_and_keep(command.args(["-c", "echo all held; echo half done >&2"])).unwrap();
        assert_eq!(said.out, "all held\n");
        assert_eq!(said.err, "half done\n");
    }
}
