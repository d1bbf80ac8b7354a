//! The `dailies` program.

use std::process::ExitCode;

/// Quick where one thread frees what another one took. SQLite takes its memory there, too.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Settings of the allocator. Memory that nobody uses goes back to the system within a second, also while the server
/// has nothing to do. The allocator looks for its settings, C text, under this name.
#[cfg(not(target_env = "msvc"))]
#[unsafe(export_name = "malloc_conf")]
pub static ALLOCATOR_SETTINGS: &[u8; 60] = b"background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0\0";

fn main() -> ExitCode {
    dailies::cli::run()
}
