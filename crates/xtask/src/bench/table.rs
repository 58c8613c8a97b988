//! What is measured of the sync, against what, and which ratio is the goal.

/// Which program does a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// The till's store beside bare SQLite.
    Store,
    /// Two tills and a hub.
    Tills,
    /// A hub on SQLite beside bare inserts.
    HubOnSqlite,
    /// A hub on PostgreSQL beside bare inserts.
    HubOnPostgres,
    /// A large till's database, opened anew after a kill.
    Reopened,
    /// A till that is new in a large shop.
    NewTill,
}

/// What is compared of two rounds.
#[derive(Debug, Clone, Copy)]
pub enum Figure {
    /// The times below which so many percent lie: ours over the baseline's, at most this.
    Percentile(usize, f64),
    /// The speeds of the whole rounds: ours over the baseline's, at least this.
    Speed(f64),
    /// Things a second, ours alone, at least this.
    Rate(f64),
    /// MiB of memory at the most, ours alone, below this.
    Memory(u64),
}

/// A pair of rounds that take turns.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Its name for `--only`.
    pub name: &'static str,
    /// What it measures.
    pub what: &'static str,
    /// The baseline in words.
    pub against: &'static str,
    /// Who does the baseline's round, and its line.
    pub base: (Program, &'static str),
    /// Who does ours.
    pub ours: (Program, &'static str),
    /// What is compared.
    pub figures: &'static [Figure],
}

/// The place of the template that a pull leaves for the import of the same rows.
pub const TEMPLATE: &str = "TEMPLATE";

/// Every measure, in the order in which it is taken.
pub const MEASURES: &[Measure] = &[
    Measure {
        name: "sale",
        what: "completed sale of 5 lines, committed",
        against: "one-row SQLite insert with FULL",
        base: (Program::Store, "bare"),
        ours: (Program::Store, "sale"),
        figures: &[Figure::Percentile(50, 1.3), Figure::Percentile(99, 2.0)],
    },
    Measure {
        name: "draining",
        what: "the same while a backlog drains",
        against: "ours, idle",
        base: (Program::Tills, "idle"),
        ours: (Program::Tills, "draining"),
        figures: &[Figure::Percentile(99, 1.5)],
    },
    Measure {
        name: "push-postgres",
        what: "push, PostgreSQL, batches of 200 with all their ledgers",
        against: "bare batched insert of the same bytes",
        base: (Program::HubOnPostgres, "bare"),
        ours: (Program::HubOnPostgres, "push"),
        figures: &[Figure::Speed(0.5), Figure::Rate(10_000.0)],
    },
    Measure {
        name: "again-postgres",
        what: "a batch pushed again, PostgreSQL",
        against: "its first push",
        base: (Program::HubOnPostgres, "push"),
        ours: (Program::HubOnPostgres, "again"),
        figures: &[Figure::Speed(3.0)],
    },
    Measure {
        name: "push-sqlite",
        what: "push, SQLite hub, batches of 200 with all their ledgers",
        against: "bare 200-row batches with FULL",
        base: (Program::HubOnSqlite, "bare"),
        ours: (Program::HubOnSqlite, "push"),
        figures: &[Figure::Speed(0.5)],
    },
    Measure {
        name: "again-sqlite",
        what: "a batch pushed again, SQLite hub",
        against: "its first push",
        base: (Program::HubOnSqlite, "push"),
        ours: (Program::HubOnSqlite, "again"),
        figures: &[Figure::Speed(3.0)],
    },
    Measure {
        name: "pull",
        what: "pull, read and applied",
        against: "import of the same rows with their indexes",
        base: (Program::Store, "import TEMPLATE"),
        ours: (Program::Tills, "pull TEMPLATE"),
        figures: &[Figure::Speed(0.7)],
    },
    Measure {
        name: "live",
        what: "one till's change seen on another, live",
        against: "two fsyncs and a round trip",
        base: (Program::Tills, "trip"),
        ours: (Program::Tills, "live"),
        figures: &[Figure::Percentile(95, 1.5)],
    },
    Measure {
        name: "reopen",
        what: "reopening after kill -9",
        against: "bare SQLite open and first query",
        base: (Program::Reopened, "sqlite"),
        ours: (Program::Reopened, "store"),
        figures: &[Figure::Percentile(50, 1.5)],
    },
    Measure {
        name: "new-till",
        what: "a new till, 100,000 products and 1,000,000 customers",
        against: "unpack and sync of the same bytes",
        base: (Program::NewTill, "unpack"),
        ours: (Program::NewTill, "ready"),
        figures: &[Figure::Percentile(50, 2.0), Figure::Memory(150)],
    },
];
