//! Plan of a demo production: who works on what, when, and what they say of it.
//!
//! It knows nothing of the server, which stores such a plan (`src/demo`). The same size, seed and moment make the same plan.

pub mod calendar;
mod crafts;
pub mod discussion;
pub mod following;
pub mod people;
pub mod pipeline;
pub mod plan;
mod remarks;
pub mod review;
mod roster;
pub mod scale;
pub mod story;
pub mod work;

#[cfg(test)]
mod tests;
