//! Answers that did not change: whoever has one already is told so (304), and others get it from memory, without a listing
//! being made to find out.
//!
//! An answer is made of rows of some tables, of who asks, and of the address, and of nothing else; [`Sources`] sees which
//! tables, while it is made. Its tag holds these tables and a digest of their marks of change (`migration::marks`). The
//! marks are read before the answer is made, so a change in between makes the next one look, and never is missed. What
//! depends on more, such as the clock, gets no tag.
//!
//! [`Sources`]: crate::database::Sources

mod marks;
mod memory;
mod tag;

use dailies_definitions::call::{ConditionalRequest, Working};
use dailies_definitions::failure::Failure;
use poem::Response;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use sea_orm::DbErr;
use sha2::{Digest, Sha256};

pub use self::marks::ProductionMarks;
pub use self::memory::{AnswerForm, AnswerKeeper, Coding, KeptAnswer};

use self::marks::Marks;
use self::memory::AnswerMemory;
use self::tag::{Key, Tag, sent};
use crate::database::{Database, Tables};

/// The client keeps what it got, and asks each time whether it still holds.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Answers with tags, and those that are kept.
#[derive(Clone)]
pub struct Conditional {
    memory: Option<AnswerMemory>,
    /// Text of everything that all answers depend on: this release, and the settings that answers show.
    environment: String,
}

impl Conditional {
    /// Answers that depend on these settings, too, of which so many bytes are kept; none for none.
    #[must_use]
    pub fn new(settings: &[&dyn std::fmt::Display], memory: Option<u64>) -> Self {
        let settings: Vec<String> = settings.iter().map(ToString::to_string).collect();
        let contract = Sha256::digest(dailies_definitions::CONTRACT);
        let environment = format!("{}\n{contract:x}\n{}", env!("CARGO_PKG_VERSION"), settings.join("\n"));
        Self {
            memory: memory.filter(|bytes| *bytes > 0).map(AnswerMemory::new),
            environment,
        }
    }

    /// Gives memory back that nobody has looked at for long, and adds marks up.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn sweep(&self, database: &Database) -> Result<(), DbErr> {
        if let Some(memory) = &self.memory {
            memory.sweep().await;
        }
        marks::compact(database).await
    }

    /// Answers a request: that nothing changed, or from memory, or by what `build` makes.
    ///
    /// # Errors
    /// Those of `build`, and that of a database which does not answer.
    pub async fn answer(
        &self,
        database: &Database,
        asked: &ConditionalRequest,
        build: Working<'_>,
    ) -> Result<Response, Failure> {
        let key = Key::of(&self.environment, asked);
        let sent = sent(&asked.none_match);
        let place = self.memory.as_ref().map(|memory| memory.place(key));
        let mut forms = match &place {
            Some(place) => place.forms().await,
            None => Vec::new(),
        };
        let candidates: Tables = sent
            .iter()
            .chain(forms.iter().map(|form| &form.tag))
            .fold(0, |all, tag| all | tag.tables);
        if candidates != 0 {
            let marks = Marks::read(database, asked.production, candidates).await?;
            let holds = |tag: &Tag| marks.as_ref().is_some_and(|marks| marks.tag(&key, tag.tables) == *tag);
            if let Some(tag) = sent.iter().find(|tag| holds(tag)) {
                return Ok(unchanged(tag));
            }
            forms.retain(|form| holds(&form.tag));
            let tag = forms.first().map(|form| form.tag);
            if let (Some(place), Some(tag)) = (place.clone(), tag) {
                let mut response = Response::builder().status(StatusCode::OK).finish();
                set_headers(response.headers_mut(), &tag);
                response.set_data(KeptAnswer {
                    forms,
                    keeper: place.keeper(tag),
                });
                return Ok(response);
            }
        }
        let marks = Marks::read(database, asked.production, Tables::MAX).await?;
        let sources = database.watch();
        let mut response = build.await?;
        if response.status() != StatusCode::OK {
            return Ok(response);
        }
        if let (Some(marks), Some(tables)) = (marks, sources.and_then(|sources| sources.seal())) {
            let tag = marks.tag(&key, tables);
            set_headers(response.headers_mut(), &tag);
            if let Some(place) = place {
                response.set_data(place.keeper(tag));
            }
        }
        Ok(response)
    }
}

fn set_headers(headers: &mut HeaderMap, tag: &Tag) {
    headers.insert(header::ETAG, tag.header());
    headers.insert(header::CACHE_CONTROL, CACHE_CONTROL);
}

/// 304: the client has the answer.
fn unchanged(tag: &Tag) -> Response {
    let mut response = Response::builder().status(StatusCode::NOT_MODIFIED).finish();
    set_headers(response.headers_mut(), tag);
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    response
}
