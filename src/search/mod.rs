//! Search for assets, shots and persons by words.
//!
//! A search reads the names and texts of all that the caller may see, and compares and ranks them in memory. So it is exact
//! right after a commit, alike on both databases and on every server, and there is no index that could be out of date or
//! show what is not for the caller. Two others were compared: FTS5 of SQLite and `pg_trgm` of PostgreSQL split, fold and
//! rank in different ways, the second needs an extension that adopted databases lack, and neither finds what is written
//! wrong by two letters in a short name. `tantivy` keeps an index of files, which several servers and a transaction that
//! is rolled back would each have to be told of. The price is time that grows with the number of entities in open
//! productions: some microseconds for each.

mod documents;
mod handlers;
mod matching;
mod ranking;
mod results;
mod words;

pub use handlers::SearchHandlers;
