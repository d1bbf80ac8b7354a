//! Parts that tests share: a server of their own, clients that check every answer, and a studio to work with.

mod checker;
mod client;
mod directory;
mod growth;
mod listener;
mod material;
mod object_store;
mod open_id_provider;
mod page;
mod post_office;
mod program;
mod redis;
pub mod rows;
mod saml_provider;
mod security_key;
mod server;
mod shape;
mod studio;

pub use checker::{Checker, contract};
pub use client::{Answer, Client, MadeTask};
pub use directory::{Directory, DirectoryEntry};
pub use growth::{ENTITIES, Growth, word};
pub use listener::Listener;
pub use material::{movie, picture};
pub use object_store::ObjectStore;
pub use open_id_provider::{OpenIdProvider, Signing};
pub use page::{HOME, Page};
pub use post_office::PostOffice;
pub use program::{Ended, Installation, Program, files};
pub use redis::TemporaryRedis;
pub use saml_provider::{SamlProvider, SamlStatement, Signed};
pub use security_key::SecurityKey;
pub use server::{On, Place, TestServer, unbound_server};
pub use shape::{differences, fill, fill_all};
pub use studio::{Studio, id};
