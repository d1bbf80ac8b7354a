//! Files that people work on and hand on, as records: the files themselves lie where the studio keeps them.

pub mod collections;
