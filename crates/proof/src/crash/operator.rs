//! What whoever keeps a hub running does, by the hub's own commands.

use std::process::Command;

use counterfoil_tests::group::Group;
use counterfoil_tests::processes::secret_for;
use counterfoil_tests::{Failure, Result};

use super::world::World;

impl World<'_> {
    fn hub_command(&self, args: &[&str]) -> Result<Command> {
        let mut command = self.stage.programs.command("counterfoil-hub")?;
        command.args(args).envs(secret_for(&self.place.url()));
        Ok(command)
    }

    fn backups(&self) -> String {
        self.folder.path().join("backups").display().to_string()
    }

    /// Backs the hub up while it serves.
    ///
    /// # Errors
    /// When the command fails.
    pub fn back_up_hub(&self) -> Result {
        let (database, to) = (self.place.url(), self.backups());
        let mut command = self.hub_command(&["backup", "--database", &database, "--to", &to])?;
        said(&mut command).map(|_| ())
    }

    /// Begins a backup and ends it at once after some work at the tills: whatever it left is no backup.
    ///
    /// # Errors
    /// When the command does not start.
    pub fn break_off_a_backup(&self, bytes: u64) -> Result {
        let (database, to) = (self.place.url(), self.backups());
        let mut command = self.hub_command(&["backup", "--database", &database, "--to", &to])?;
        let log = std::fs::File::create(self.folder.path().join("backup.log"))?;
        command.stdout(log.try_clone()?).stderr(log);
        let mut backup = Group::spawn(&mut command)?;
        self.let_work(bytes)?;
        backup.kill().map(|_| ())
    }

    /// Verifies the newest backup.
    ///
    /// # Errors
    /// When it is not sound, with what is wrong.
    pub fn verify_backup(&self) -> Result {
        let from = self.backups();
        let mut command = self.hub_command(&["verify", "--from", &from])?;
        if let Some(cluster) = self.cluster() {
            command.args(["--scratch", &cluster.url()]);
        }
        said(&mut command).map(|_| ())
    }

    /// Puts the newest backup in the hub's place; it must not run.
    ///
    /// # Errors
    /// When the command fails, or does not find the hub's secret.
    pub fn restore_hub(&self) -> Result {
        let (database, from) = (self.place.url(), self.backups());
        let args = ["restore", "--from", &from, "--database", &database];
        let restored = said(self.hub_command(&args)?.arg("--replace"))?;
        let restored: serde_json::Value = serde_json::from_str(&restored)?;
        match restored["secret"].as_str() {
            Some("fits" | "nothing_sealed") => Ok(()),
            _ => Err(Failure::new(format!(
                "the restored hub lacks its secret: {restored}"
            ))),
        }
    }

    /// Verifies the hub's database where it is, while it serves. What is wrong, in the hub's words.
    ///
    /// # Errors
    /// When the command does not start.
    pub fn verify_hub(&self) -> Result<Option<String>> {
        let database = self.place.url();
        let mut command = self.hub_command(&["verify", "--database", &database])?;
        Ok(said(&mut command).err().map(|error| error.to_string()))
    }
}

/// What a command prints.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(out);
    }
    let first = command.get_args().next().unwrap_or_default();
    let why = String::from_utf8_lossy(&output.stderr);
    Err(Failure::new(format!(
        "counterfoil-hub {}: {out}{why}",
        first.display()
    )))
}
