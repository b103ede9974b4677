//! The `vidimus` program: arguments → one command → exit code.

use vidimus::cli::{self, Exit};

fn main() -> Exit {
    cli::main()
}
