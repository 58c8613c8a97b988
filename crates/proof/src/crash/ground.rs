//! What a hub's data stands on: a file for each run, or a database for each run in a PostgreSQL cluster of the lane's own.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use counterfoil_tests::Result;
use counterfoil_tests::failure::Context as _;
use counterfoil_tests::postgres::Cluster;
use tokio::runtime::Runtime;

use crate::server::{database_of, drop_database, make_database};

/// Which engine the hubs stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Engine {
    /// A file beside the hub.
    Sqlite,
    /// A PostgreSQL that syncs what it commits, killed like everything else.
    Postgres,
}

/// Which engine a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// SQLite for all.
    Sqlite,
    /// PostgreSQL for all.
    Postgres,
    /// PostgreSQL for three runs of nine.
    Mixed,
}

impl Choice {
    /// The engine of a run.
    pub const fn of(self, number: u64) -> Engine {
        match self {
            Self::Sqlite => Engine::Sqlite,
            Self::Postgres => Engine::Postgres,
            // Three in a row, because the drills take turns in threes as well.
            Self::Mixed if number / 3 % 3 == 2 => Engine::Postgres,
            Self::Mixed => Engine::Sqlite,
        }
    }

    /// The same as it is typed, where it is not the default.
    pub const fn typed(self) -> &'static str {
        match self {
            Self::Sqlite => " --engine sqlite",
            Self::Postgres => " --engine postgres",
            Self::Mixed => "",
        }
    }
}

/// See the module.
pub enum Ground {
    /// Files.
    Files,
    /// A cluster.
    Cluster(Cluster),
}

impl Ground {
    /// Makes it; a cluster is started.
    ///
    /// # Errors
    /// When no server is installed, or it does not start.
    pub fn new(engine: Engine) -> Result<Self> {
        Ok(match engine {
            Engine::Sqlite => Self::Files,
            Engine::Postgres => Self::Cluster(Cluster::start_durable()?),
        })
    }

    /// The cluster, where there is one.
    pub const fn cluster(&self) -> Option<&Cluster> {
        match self {
            Self::Files => None,
            Self::Cluster(cluster) => Some(cluster),
        }
    }

    /// A place for the database that all runs begin with a copy of.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn first(&self, runtime: &Runtime, folder: &Path) -> Result<Place> {
        self.place(runtime, folder, "stage", "template0")
    }

    /// A run's own database, a copy of the first, which nobody may use meanwhile.
    ///
    /// # Errors
    /// When the disk or the server refuses.
    pub fn copy(&self, runtime: &Runtime, first: &Place, folder: &Path) -> Result<Place> {
        let place = self.place(runtime, folder, "run", "stage")?;
        if let (Place::File(from), Place::File(to)) = (first, &place) {
            super::stage::copy_database(from, to)?;
            std::fs::copy(secret_beside(from), secret_beside(to))?;
        }
        Ok(place)
    }

    fn place(&self, runtime: &Runtime, folder: &Path, name: &str, like: &str) -> Result<Place> {
        let Self::Cluster(cluster) = self else {
            return Ok(Place::File(folder.join("hub.sqlite3")));
        };
        let admin = cluster.url();
        runtime
            .block_on(async {
                drop_database(&admin, name).await?;
                make_database(&admin, name, like).await
            })
            .context("a database for the run")?;
        Ok(Place::Server(database_of(&admin, name)))
    }
}

/// A hub on SQLite keeps its secret there.
fn secret_beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".secret");
    name.into()
}

/// Where one hub's data lies.
pub enum Place {
    /// A file.
    File(PathBuf),
    /// A database, by its address.
    Server(String),
}

impl Place {
    /// The address as the hub takes it.
    pub fn url(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite:{}", path.display()),
            Self::Server(url) => url.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, Engine};

    #[test]
    fn the_first_ten_runs_meet_both_engines() {
        let on = |engine| (0..10).filter(|n| Choice::Mixed.of(*n) == engine).count();
        assert_eq!((on(Engine::Sqlite), on(Engine::Postgres)), (7, 3));
    }
}
