//! File trees: templates that say under which names a studio keeps the files of a production.
//!
//! A tree has modes, such as `working` and `output`. Each has a mountpoint, a root, and for every kind of thing a template of
//! the folder and one of the name of a file ([`language`]). Trees come with the server or from a studio, and are checked when a
//! production gets one. The server builds paths as text, and never opens a file by them.

mod check;
pub mod language;
mod place;
mod shipped;

pub use check::check;
pub use place::{FilePlace, Malformed, Path, Prefix};
pub use shipped::shipped;
