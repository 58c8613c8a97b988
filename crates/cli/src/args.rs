//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use counterfoil_app::domain::{MerchantId, OpId, StaffId, VisitId};
use counterfoil_app::view::Period;

/// The till from a command line. Exit codes: 0 done, 1 refused or broken, 2 not understood, 3 not now (trying again may
/// help), 4 works, but somebody should look (doctor).
#[derive(Parser)]
#[command(name = "counterfoil-cli", version)]
pub struct Args {
    /// The till's data folder.
    #[arg(long, env = "COUNTERFOIL_DATA_DIR", global = true, default_value = ".")]
    pub data: PathBuf,
    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// The hub's address; where this till is paired it replaces the stored one.
    #[arg(long, env = "COUNTERFOIL_HUB_URL", global = true)]
    pub hub: Option<String>,
    /// Who does it, by first name; the first owner where nobody is named.
    #[arg(long, global = true)]
    pub staff: Option<String>,
    /// Where there is no keyring: the PIN under which the till's secrets are wrapped.
    #[arg(
        long,
        env = "COUNTERFOIL_SECRETS_PIN",
        hide_env_values = true,
        global = true
    )]
    pub secrets_pin: Option<String>,
    /// What a hub calls this device when it is paired.
    #[arg(long, global = true, default_value = "Till")]
    pub device_name: String,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    /// Reads the codes of a picture and says what they are, without acting upon them.
    Scan {
        /// A picture.
        file: PathBuf,
    },
    /// Customers.
    #[command(subcommand)]
    Customer(Customer),
    /// Stamps a customer's card.
    Stamp {
        /// Id, phone or name.
        customer: String,
    },
    /// Completes a sale.
    Sell(Sell),
    /// The owner's figures.
    Stats {
        /// The stretch that is looked at.
        #[arg(long, value_enum, default_value = "today")]
        period: Stretch,
    },
    /// Installers' visits.
    Visits(Visits),
    /// Pushes and pulls now.
    Sync {
        /// Waits until this till and the hub are in step, for at most so many seconds.
        #[arg(long, default_value_t = 30)]
        wait: u64,
    },
    /// What is saved where.
    Status,
    /// Checks the database, the disk, what waits, the secrets, the hub and the clock. Exit codes: 0 all is well, 4
    /// somebody should look, 1 something is broken.
    Doctor {
        /// Also writes a file for support (.tgz): versions, counts, states and reasons, nothing about people.
        #[arg(long, value_name = "FILE")]
        bundle: Option<PathBuf>,
    },
    /// Keeps a damaged database aside and saves what can be read into a new one. The app must be closed.
    Salvage,
    /// Writes changes that are not on the hub to files: one to read, one as JSON.
    Export {
        /// Only this change.
        change: Option<OpId>,
    },
    /// Does a change that the hub could not take again, with the same content.
    Retry {
        /// Which.
        change: OpId,
    },
    /// Leaves the hub. What was not sent stays here and is also written to files.
    Unpair {
        /// Goes on although changes wait to be sent.
        #[arg(long)]
        keep_waiting: bool,
    },
    /// The demo shop.
    #[command(subcommand)]
    Demo(Demo),
    /// Pairs an empty till with a hub by a one-time code.
    Pair {
        /// The code, or the whole text of its QR.
        #[arg(long)]
        code: String,
    },
}

/// Customers.
#[derive(Subcommand)]
pub enum Customer {
    /// Enrols a customer, or shows the one with that phone.
    Add {
        /// Name.
        name: String,
        /// Phone, as people of the shop's country write it.
        phone: String,
    },
    /// Shows a customer.
    Show {
        /// Id, phone or name.
        query: String,
    },
}

/// A sale in words.
#[derive(clap::Args)]
pub struct Sell {
    /// SKU or barcode, quantity (default 1) and discount (`10%` or an amount): `CAF-001:2:10%`.
    #[arg(long = "line", value_name = "SKU[:QTY[:DISCOUNT]]")]
    pub lines: Vec<String>,
    /// Discount on the whole: `10%` or an amount.
    #[arg(long)]
    pub discount: Option<String>,
    /// Cash that is handed over.
    #[arg(long)]
    pub cash: Option<String>,
    /// What the card terminal takes.
    #[arg(long)]
    pub card: Option<String>,
    /// The loyalty customer: id, phone or name.
    #[arg(long)]
    pub customer: Option<String>,
    /// The whole sale as JSON instead; `-` reads it from stdin. Keys: lines [{sku, quantity, discount}], discount, cash,
    /// card, customer; every value as text.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lines", "discount", "cash", "card", "customer"])]
    pub json_input: Option<PathBuf>,
}

/// A stretch of time.
#[derive(Clone, Copy, ValueEnum)]
pub enum Stretch {
    /// Today against the same weekday a week ago.
    Today,
    /// Seven days against the seven before.
    Week,
    /// Thirty days against the thirty before.
    Month,
}

impl From<Stretch> for Period {
    fn from(stretch: Stretch) -> Self {
        match stretch {
            Stretch::Today => Self::Today,
            Stretch::Week => Self::Week,
            Stretch::Month => Self::Month,
        }
    }
}

/// Installers' visits.
#[derive(clap::Args)]
pub struct Visits {
    /// The first local day, e.g. 2026-11-21; today where none is given.
    #[arg(long)]
    pub from: Option<jiff::civil::Date>,
    /// How many days.
    #[arg(long, default_value_t = 7)]
    pub days: u32,
    /// What to do; lists visits where nothing is said.
    #[command(subcommand)]
    pub action: Option<Visit>,
}

/// What can be done with visits.
#[derive(Subcommand)]
pub enum Visit {
    /// Lists an installer's free slots.
    Free {
        /// Who goes.
        #[arg(long)]
        installer: StaffId,
    },
    /// Books a visit.
    Book {
        /// Whom.
        #[arg(long)]
        merchant: MerchantId,
        /// Who goes.
        #[arg(long)]
        installer: StaffId,
        /// Local time, e.g. 2026-11-23T10:00.
        #[arg(long)]
        at: jiff::civil::DateTime,
        /// Why.
        #[arg(long, default_value = "")]
        purpose: String,
    },
    /// Moves a visit.
    Move {
        /// Which.
        visit: VisitId,
        /// Local time.
        #[arg(long)]
        at: jiff::civil::DateTime,
        /// Who goes instead.
        #[arg(long)]
        installer: Option<StaffId>,
    },
    /// Cancels a visit.
    Cancel {
        /// Which.
        visit: VisitId,
        /// Why.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Marks a visit as done.
    Done {
        /// Which.
        visit: VisitId,
        /// What was found and done.
        #[arg(long, default_value = "")]
        note: String,
    },
}

/// The demo shop.
#[derive(Subcommand)]
pub enum Demo {
    /// Makes the demo shop where there is none; with `--hub` it gets an account there and everything is sent.
    Load,
}
