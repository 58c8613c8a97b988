//! A program in a process group of its own, so that its children go when it goes.
//!
//! An app that outlives its driver keeps the output open and hangs a whole run.

use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::failure::Context;
use crate::{Result, wait};

/// A running program and everything that it started; dropping it ends them all.
pub struct Group {
    child: Child,
    done: Option<ExitStatus>,
}

/// How hard a group is asked to end.
#[derive(Clone, Copy)]
enum Ask {
    Politely,
    AtOnce,
}

impl Group {
    /// Starts `command` as the leader of a new group.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt as _;
            command.process_group(0);
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().context(program)?;
        Ok(Self { child, done: None })
    }

    /// The leader's process id, which is the group's as well.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The leader, for reading what it prints.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits until the leader ends by itself.
    ///
    /// # Errors
    /// When the system does not answer.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait()?;
        self.done = Some(status);
        Ok(status)
    }

    /// The leader's status when it has ended already.
    ///
    /// # Errors
    /// When the system does not answer.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.done.is_none() {
            self.done = self.child.try_wait()?;
        }
        Ok(self.done)
    }

    /// Asks the group to end, gives it `grace`, then ends it.
    ///
    /// # Errors
    /// When the system does not answer.
    pub fn stop(&mut self, grace: Duration) -> Result<ExitStatus> {
        if self.ended()?.is_none() {
            self.signal(Ask::Politely);
            let started = Instant::now();
            let _ = wait::until(grace, "the end of the program", || self.ended());
            if started.elapsed() > grace {
                self.signal(Ask::AtOnce);
            }
        }
        self.wait()
    }

    /// Ends the leader at once and waits for nothing that it would still do, as a power cut does.
    ///
    /// # Errors
    /// When the system does not answer.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.signal(Ask::AtOnce);
        self.wait()
    }

    /// Gives what the leader left behind `grace` to end by itself, as it does after an interruption.
    pub fn drain(&self, grace: Duration) {
        #[cfg(unix)]
        if let Ok(id) = i32::try_from(self.id()) {
            let group = nix::unistd::Pid::from_raw(id);
            let _ = wait::until(grace, "the end of the group", || {
                Ok(nix::sys::signal::killpg(group, None).is_err().then_some(()))
            });
        }
        #[cfg(not(unix))]
        let _ = grace;
    }

    #[cfg(unix)]
    fn signal(&mut self, ask: Ask) {
        let signal = match ask {
            Ask::Politely => nix::sys::signal::Signal::SIGTERM,
            Ask::AtOnce => nix::sys::signal::Signal::SIGKILL,
        };
        signal_group(self.id(), signal);
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _ask: Ask) {
        let _ = self.child.kill();
    }
}

/// Sends `signal` to every process of the group `id`. A group that is gone is no error.
#[cfg(unix)]
pub fn signal_group(id: u32, signal: nix::sys::signal::Signal) {
    if let Ok(id) = i32::try_from(id) {
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(id), signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The leader may be gone while its children still run: the group is signalled anyway.
        self.signal(Ask::AtOnce);
        let _ = self.child.wait();
    }
}
