//! `vidimus label`: label templates before they reach a printer, which of them is in force, a label on a printer, and
//! the letters that come out of it.

mod activate;
mod diff;
mod history;
mod lint;
mod new;
mod preview;
mod print;
mod recorded;
mod show;
mod source;
pub mod text;

pub use source::{in_force, template};

use super::exit::{Ended, Exit};
use super::{COLUMNS, print_line};
use crate::tui::words::hanging;
use source::{Label, What, names};

/// Look at label templates, change the one in force, print one, and teach the printer's letters.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A template is one of those that `label list` names, a file ending in .toml, or a folder with a \
    label.toml in it; one that is on record comes out as such with `label show -o`.\n\
    Exit codes: 0 ok, 1 a picture was refused, two labels differ, or the station refuses, 2 usage, \
    10 the template or its data is wrong, 11 the printer did not print, or no station answers, 12 an output cannot be \
    written or the store cannot be read."
)]
pub struct LabelArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Name the templates this program carries.
    List,
    /// Make a template of your own, from one that is there.
    New(new::NewArgs),
    /// Draw a label, or show what goes to the printer.
    Preview(preview::PreviewArgs),
    /// Say what is wrong with a template: at a resolution, for a printer, for a market.
    Lint(lint::LintArgs),
    /// Say in what two templates differ.
    Diff(diff::DiffArgs),
    /// Print one label on a printer that no station uses.
    Print(print::PrintArgs),
    /// Bring another template into force on a running station, between two packs.
    Activate(activate::ActivateArgs),
    /// Show a template's text as it is on record: the one in force, or any other.
    Show(show::ShowArgs),
    /// Go back to the former template or an older one, or give up the one on trial.
    Rollback(activate::RollbackArgs),
    /// Tell which template was in force when, who ordered it and why.
    History(history::HistoryArgs),
    /// Teach the printer's letters from pictures of good packs; their symbols say what must stand beside them.
    TeachText(text::TeachArgs),
    /// Check the text in pictures of packs as the station does; their symbols say what must stand beside them.
    CheckText(text::CheckArgs),
}

/// Runs the command.
///
/// # Errors
/// A template, its data, a printer or an output that cannot be used.
pub fn run(args: &LabelArgs) -> Ended {
    match &args.action {
        Action::List => list(),
        Action::New(args) => new::run(args),
        Action::Preview(args) => preview::run(args),
        Action::Lint(args) => lint::run(args),
        Action::Diff(args) => diff::run(args),
        Action::Print(args) => print::run(args),
        Action::TeachText(args) => text::teach(args, &mut std::io::stdout()),
        Action::CheckText(args) => text::check(args, &mut std::io::stdout()),
        Action::Activate(args) => activate::activate(args),
        Action::Show(args) => show::show(args),
        Action::Rollback(args) => activate::rollback(args),
        Action::History(args) => history::history(args),
    }
}

fn list() -> Ended {
    let mut lines = Vec::new();
    for known in names() {
        let label = Label::open(known, &What::default())?;
        lines.extend(hanging(
            &format!("{known:<16}{}", label.name()),
            16,
            COLUMNS,
        ));
        lines.push(format!("{:16}{}", "", label.hash()));
    }
    for line in &lines {
        print_line(line)?;
    }
    Ok(Exit::Ok)
}
