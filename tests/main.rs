//! Tests of the whole server over HTTP, each on SQLite and on PostgreSQL. Every answer that a test sees is checked
//! against the contract.

mod accounts;
mod adopt;
mod backup;
mod chats;
mod concurrency;
mod contract;
mod crash;
mod crud;
mod dialect;
mod extraction;
mod files;
mod imports;
mod limits;
mod machine;
mod mail;
mod notifications;
mod people;
mod playlists;
mod processing;
mod queries;
mod references;
mod removal;
mod replay;
mod roles;
mod schedules;
mod several_servers;
mod shutdown;
mod sign_in;
mod slow_peers;
mod status;
mod stored_files;
mod timelines;
mod uploads;
mod vendors;
mod visibility;
