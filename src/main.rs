//! The `dailies` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    dailies::cli::run()
}
