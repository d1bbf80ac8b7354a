//! The `dailies` program.

use std::process::ExitCode;

/// Gives memory back to the system soon after a large answer, and is quick where one thread frees what another one took.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dailies::cli::run()
}
