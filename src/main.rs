//! The `dailies` program.

use std::process::ExitCode;

/// Quick where one thread frees what another one took: large listings take a quarter less time than with that of the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dailies::cli::run()
}
