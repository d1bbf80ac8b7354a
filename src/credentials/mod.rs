//! Passwords and tokens: how they are made, kept and checked, and how often they may be tried. Signing in and the sessions lie above.

pub mod attempts;
mod bound;
pub mod guesses;
pub mod passwords;
pub mod request_tokens;
mod token_problem;
pub mod tokens;

pub use bound::Bound;
