//! What each command does: read the arguments, call the app, put the answer in words.

mod customers;
mod demo;
mod desk;
mod scan;
pub mod secrets;
mod sell;
mod state;
mod stats;
mod visits;

use counterfoil_app::Counterfoil;
use counterfoil_app::domain::CustomerId;
use counterfoil_app::view::Failure;
use tokio::runtime::{Builder, Runtime};

use crate::args::{Args, Command, Customer, Demo};
use crate::output::Output;

/// How a till does.
#[derive(Clone, Copy)]
pub enum Health {
    /// As it should.
    Fine,
    /// It works, but somebody should look.
    Look,
    /// Something is broken.
    Broken,
}

/// Carries out a command and tells how the till does; only the doctor finds that it is not well.
///
/// # Errors
/// Why it was refused.
pub fn run(app: &Counterfoil, args: &Args, output: &Output) -> Result<Health, Failure> {
    if let Command::Doctor { bundle } = &args.command {
        return state::doctor(app, bundle.as_deref(), output);
    }
    carry_out(app, args, output).map(|()| Health::Fine)
}

fn carry_out(app: &Counterfoil, args: &Args, output: &Output) -> Result<(), Failure> {
    match &args.command {
        Command::Status => return state::status(app, output),
        Command::Demo(Demo::Load) => return demo::load(app, args, output),
        Command::Pair { code } => return state::pair(app, args, code, output),
        Command::Salvage => return desk::salvage(app, output),
        // A till that was just paired has nobody who could do it yet.
        Command::Sync { wait } => return state::sync(app, *wait, output),
        _ => {}
    }
    app.act_as(args.staff.as_deref())?;
    match &args.command {
        Command::Scan { file } => scan::scan(app, file, output),
        Command::Customer(Customer::Add { name, phone }) => {
            customers::add(app, name, phone, output)
        }
        Command::Customer(Customer::Show { query }) => customers::show(app, query, output),
        Command::Stamp { customer } => customers::stamp(app, customer, output),
        Command::Sell(sale) => sell::sell(app, sale, output),
        Command::Stats { period } => stats::stats(app, (*period).into(), output),
        Command::Visits(visits) => visits::run(app, visits, output),
        Command::Export { change } => desk::export(app, *change, output),
        Command::Retry { change } => desk::retry(app, *change, output),
        Command::Unpair { keep_waiting } => desk::unpair(app, *keep_waiting, output),
        Command::Status
        | Command::Doctor { .. }
        | Command::Salvage
        | Command::Demo(_)
        | Command::Pair { .. }
        | Command::Sync { .. } => Ok(()),
    }
}

/// An executor for the few calls that wait for the network.
fn executor() -> Result<Runtime, Failure> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// The one customer that is meant.
fn find_customer(app: &Counterfoil, query: &str) -> Result<CustomerId, Failure> {
    if let Ok(id) = query.parse() {
        return Ok(id);
    }
    let found = app.customers(query, 2)?;
    match found.as_slice() {
        [only] => Ok(only.customer_id),
        [] => Err(Failure::new(
            "customer_not_found",
            format!("nobody matches '{query}'"),
        )),
        _ => Err(Failure::new(
            "customer_ambiguous",
            format!("several customers match '{query}'; give the phone or the id"),
        )),
    }
}
