//! The sync desk and the repair from a command line.

use counterfoil_app::domain::OpId;
use counterfoil_app::view::{Failure, RepairStep};
use counterfoil_app::{AppEvent, Counterfoil};

use crate::output::{Output, money};

pub fn export(app: &Counterfoil, change: Option<OpId>, output: &Output) -> Result<(), Failure> {
    let export = app.export_changes(change)?;
    output.answer(&export, |e| {
        vec![format!(
            "{} changes in {} and {}",
            e.changes, e.path, e.data_path
        )]
    })
}

pub fn retry(app: &Counterfoil, change: OpId, output: &Output) -> Result<(), Failure> {
    let desk = app.retry_change(change)?;
    output.answer(&desk.unsent, |unsent| {
        vec![format!(
            "done again; {} changes wait to be sent",
            unsent.changes
        )]
    })
}

pub fn unpair(app: &Counterfoil, keep_waiting: bool, output: &Output) -> Result<(), Failure> {
    let unsent = app.unsent()?;
    if unsent.changes > 0 && !keep_waiting {
        let sales = unsent.sales.map(|s| format!(" with sales of {}", money(s)));
        return Err(Failure::new(
            "changes_wait",
            format!(
                "{} changes{} are only on this till: `sync` sends them, `unpair --keep-waiting` keeps them here",
                unsent.changes,
                sales.unwrap_or_default()
            ),
        ));
    }
    let unpaired = app.unpair()?;
    output.answer(&unpaired, |unpaired| {
        let mut lines = vec!["not paired any more; everything is kept here".to_owned()];
        lines.extend(
            unpaired
                .export
                .as_ref()
                .map(|e| format!("{} changes in {}", e.changes, e.path)),
        );
        lines
    })
}

pub fn salvage(app: &Counterfoil, output: &Output) -> Result<(), Failure> {
    app.on_event(Box::new(|event| {
        if let AppEvent::Repair(progress) = event {
            let words = match progress.step {
                RepairStep::Keeping => "keeping the damaged file".to_owned(),
                RepairStep::Reading => format!("reading, {} of {}", progress.done + 1, progress.of),
                RepairStep::Searching => "searching every page".to_owned(),
                RepairStep::Finishing => "checking".to_owned(),
            };
            crate::output::progress(&words);
        }
    }));
    let report = app.repair()?;
    output.answer(&report, |report| {
        let mut lines = vec![format!("the damaged file is kept: {}", report.kept)];
        lines.extend(report.saved.iter().map(|saved| {
            let lost = match saved.lost {
                Some(0) => String::new(),
                Some(lost) => format!(", {lost} lost"),
                None => ", some could not be read".to_owned(),
            };
            format!("{:<10}{}{lost}", saved.what, saved.saved)
        }));
        lines.push(format!("{} changes are kept to be sent", report.unsent));
        if report.hub_fills {
            lines.push("the hub fills in the rest: run `sync`".to_owned());
        }
        lines
    })
}
