//! Passwords and tokens: how they are made, kept and checked. Signing in and the sessions lie above.

mod bound;
pub mod passwords;
pub mod tokens;

pub use bound::Bound;
