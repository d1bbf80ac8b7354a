//! Typed client of a Dailies server: one method for each operation of the contract, named by its `operationId`.
//!
//! Made by progenitor at build time. What the contract says beyond what progenitor can express is narrowed first, see
//! `build.rs`: lists are whole lists, errors are one type, and operations that take nothing but forms with files are left out.

include!(concat!(env!("OUT_DIR"), "/client.rs"));
