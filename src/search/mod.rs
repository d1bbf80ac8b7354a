//! Search for assets, shots and persons by words.
//!
//! The names and texts of the open productions are compared and ranked in memory. They are kept as words, each once, until the
//! database says that something changed in the production ([`shelves`]). So a search is exact right after a commit, alike on
//! both databases and on every server, and there is no index that could be out of date; what is not for the caller is left
//! out before anything is ranked. Two others were compared: FTS5 of SQLite and `pg_trgm` of PostgreSQL split, fold and
//! rank in different ways, the second needs an extension that adopted databases lack, and neither finds what is written
//! wrong by two letters in a short name. `tantivy` keeps an index of files, which several servers and a transaction that
//! is rolled back would each have to be told of. The price is memory, some hundred bytes for each entity, and the time to read
//! a production again after a change in it, some microseconds for each.

mod documents;
mod handlers;
mod matching;
mod ranking;
mod results;
mod shelves;
mod words;

pub use handlers::SearchHandlers;
