//! `vidimus man` and `vidimus completions`: what a shell and its reader of manuals want to know of the commands, made
//! from the commands themselves, so that it cannot say anything else.

use super::Cli;
use super::exit::{Ended, Exit, Failure};
use super::output::{NewFolder, stdout_failed};
use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `man`.
#[derive(Debug, Clone, clap::Args)]
pub struct ManArgs {
    /// A new folder for the pages of all commands, vidimus.1 and so on; left out: the first page goes to standard
    /// output
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Arguments of `completions`.
#[derive(Debug, Clone, clap::Args)]
pub struct CompletionsArgs {
    /// For which shell; its script goes to standard output
    #[arg(value_enum)]
    shell: Shell,
}

/// All commands that people see, with what clap adds to them.
fn commands() -> Command {
    let mut commands = Cli::command().disable_help_subcommand(true);
    commands.build();
    commands
}

/// Writes the pages.
///
/// # Errors
/// They cannot be written.
pub fn run_man(args: &ManArgs) -> Ended {
    let Some(dir) = &args.out else {
        let mut page = Vec::new();
        let made = Man::new(commands()).render(&mut page);
        made.map_err(|why| Failure::new(Exit::Bug, why))?;
        return put(&page);
    };
    let folder = NewFolder::open("The folder of man pages", dir)?;
    let made = clap_mangen::generate_to(Cli::command(), folder.path());
    made.map_err(|why| folder.unwritten("vidimus.1", &why))?;
    folder.put()?;
    Ok(Exit::Ok)
}

/// Writes the script for a shell.
///
/// # Errors
/// It cannot be written.
pub fn run_completions(args: &CompletionsArgs) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "vidimus", &mut script);
    put(&script)
}

/// Bytes as they are, for other programs.
fn put(bytes: &[u8]) -> Ended {
    let mut out = io::stdout().lock();
    let put = out.write_all(bytes).and_then(|()| out.flush());
    put.map_err(|why| stdout_failed(&why))?;
    Ok(Exit::Ok)
}
