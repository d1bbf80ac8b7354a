//! Answers that did not change: whoever has one already is told so (304), and others get it from memory, without a listing
//! being made to find out.
//!
//! An answer is made of rows of some tables, of who asks, and of the address, and of nothing else; [`Sources`] sees which
//! tables, while the access rule is asked and the answer is made. Its tag holds these tables and a digest of their marks of
//! change (`migration::marks`). The marks are read before, so a change in between makes the next one look, and never is
//! missed. What depends on more, such as the clock, gets no tag.
//!
//! While the marks of a kept answer are the same, the access rule would let its request in as it did before, since all that
//! the rule reads is among the tables; so it is not asked again. A tag that is known from elsewhere counts after the rule.
//!
//! `marks.rs` reads the marks, and `latest.rs` lets all requests of a moment share one look at them. `looked.rs` hands the look by
//! which a request found its caller on to the answer. `tag.rs` makes a tag of marks, and `memory.rs` keeps answers, in one form
//! for each coding that they were sent in. [`Conditional::answer`] is the way through them. Whoever sends the answer
//! (`web/kept.rs`) picks a form, or keeps what is sent through the [`AnswerKeeper`].
//!
//! [`Sources`]: crate::database::Sources

mod latest;
mod looked;
mod marks;
mod memory;
mod tag;

use std::sync::Arc;

use dailies_definitions::call::{ConditionalRequest, Granted, Granting};
use dailies_definitions::failure::Failure;
use poem::Response;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use sea_orm::DbErr;
use sha2::{Digest, Sha256};

pub use self::looked::sharing_a_look;
pub use self::marks::ProductionMarks;
pub use self::memory::{AnswerForm, AnswerKeeper, Coding, KeptAnswer};

use self::latest::LatestMarks;
use self::marks::Marks;
use self::memory::{AnswerMemory, AnswerPlace};
use self::tag::{Key, Subject, Tag, sent};
use crate::database::Database;

/// The client keeps what it got, and asks each time whether it still holds.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("private, no-cache");

/// Answers with tags, and those that are kept.
#[derive(Clone)]
pub struct Conditional {
    memory: Option<AnswerMemory>,
    latest: LatestMarks,
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
            latest: LatestMarks::default(),
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

    /// The marks of some tables, production by production. There are none while nothing keeps them.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn production_marks(
        &self,
        database: &Database,
        tables: &[&str],
    ) -> Result<Option<ProductionMarks>, DbErr> {
        let marks = self.marks(database).await?;
        Ok(marks.and_then(|marks| ProductionMarks::new(marks, tables)))
    }

    /// The same, at the beginning of a request that reads: what it asks for next goes by the same marks.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn look(&self, database: &Database, tables: &[&str]) -> Result<Option<ProductionMarks>, DbErr> {
        let marks = self.latest.read(database).await?;
        looked::note(marks.as_ref());
        Ok(marks.and_then(|marks| ProductionMarks::new(marks, tables)))
    }

    /// The marks that the request looked at when it began, or those of now.
    async fn marks(&self, database: &Database) -> Result<Option<Arc<Marks>>, DbErr> {
        match looked::take() {
            Some(marks) => Ok(Some(marks)),
            None => self.latest.read(database).await,
        }
    }

    /// Answers a request: that nothing changed, or from memory, or by what `request` makes once its access rule let it in.
    ///
    /// # Errors
    /// Those of `request`, and that of a database which does not answer.
    pub async fn answer(
        &self,
        database: &Database,
        asked: &ConditionalRequest,
        request: Granting<'_>,
    ) -> Result<Response, Failure> {
        let key = Key::of(&self.environment, asked);
        let place = self.memory.as_ref().map(|memory| memory.place(key));
        let marks = self.marks(database).await?;
        let sent = sent(&asked.none_match);
        if let (Some(place), Some(marks)) = (&place, &marks)
            && let Some(response) = kept(place, marks, &sent).await
        {
            return Ok(response);
        }
        let sources = database.watch();
        let Granted { role, production, work } = request.await?;
        let subject = Subject::new(key, role, production);
        if let Some(marks) = &marks
            && let Some(tag) = sent.iter().find(|tag| marks.confirm(&subject, tag))
        {
            return Ok(unchanged(tag));
        }
        let mut response = work.await?;
        if response.status() != StatusCode::OK {
            return Ok(response);
        }
        if let (Some(marks), Some(tables)) = (marks, sources.and_then(|sources| sources.seal())) {
            let tag = marks.tag(&subject, tables);
            set_headers(response.headers_mut(), &tag);
            if let Some(place) = place {
                response.set_data(place.keeper(subject, tag));
            }
        }
        Ok(response)
    }
}

/// The answer that is kept, or that the client has it already.
async fn kept(place: &AnswerPlace, marks: &Marks, sent: &[Tag]) -> Option<Response> {
    let forms = place.forms(marks).await;
    let first = forms.first()?;
    if let Some(tag) = sent.iter().find(|tag| marks.confirm(&first.subject, tag)) {
        return Some(unchanged(tag));
    }
    let (subject, tag) = (first.subject, first.tag);
    let mut response = Response::builder().status(StatusCode::OK).finish();
    set_headers(response.headers_mut(), &tag);
    response.set_data(KeptAnswer {
        keeper: place.clone().keeper(subject, tag),
        forms,
    });
    Some(response)
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
