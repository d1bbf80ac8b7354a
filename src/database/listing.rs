//! Long answers: they go to the client while the database is still sending rows, so memory stays flat.

use std::io;

use bytes::Bytes;
use dailies_definitions::payload::Json;
use futures::{Stream, StreamExt};
use poem::Body;
use sea_orm::{DbErr, QueryResult};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

use super::outlet::{AnswerPart, Outlet};
use super::session::Session;
use super::{Database, RowWriter, Sql};

/// Parts that may wait for the client.
const MOST_WAITING_PARTS: usize = 8;

/// Problem of a listing whose writer is gone without an error.
const SILENT_END: &str = "a listing ended without a word";

/// Parts of a listing on their way.
type Parts = Box<dyn Stream<Item = Result<Bytes, io::Error>> + Send + Unpin>;

/// A listing: small ones are whole, others are on their way.
pub enum Sent {
    Whole(Vec<u8>),
    Parts(Parts),
}

impl<T> From<Sent> for Json<T> {
    fn from(sent: Sent) -> Self {
        match sent {
            Sent::Whole(text) => Self::written(text),
            Sent::Parts(parts) => Self::streamed(parts),
        }
    }
}

impl From<Sent> for Body {
    fn from(sent: Sent) -> Self {
        match sent {
            Sent::Whole(text) => Self::from(text),
            Sent::Parts(parts) => Self::from_bytes_stream(parts),
        }
    }
}

/// Sends what `write` writes into the outlet, which it gives back at the end.
///
/// # Errors
/// `write` fails before the first part is sent. What fails later breaks the answer off.
pub async fn send_written<F, Written>(write: F) -> Result<Sent, DbErr>
where
    F: FnOnce(Outlet) -> Written,
    Written: Future<Output = Result<Outlet, DbErr>> + Send + 'static,
{
    // A transaction ends after its answer is read.
    if Session::transaction().is_some() {
        return Ok(Sent::Whole(write(Outlet::whole()).await?.out));
    }
    let (sender, mut receiver) = mpsc::channel(MOST_WAITING_PARTS);
    let problems = sender.clone();
    let written = write(Outlet::parts(sender));
    // The connection of the request goes with the rest of its answer, and back as soon as everything is read.
    let work = Session::scope(Session::current(), async move {
        let result = match written.await {
            Ok(outlet) => {
                Database::release().await;
                outlet.finish().await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            let _gone = problems.send(Err(error)).await;
        }
    });
    let work = tokio::spawn(work.in_current_span());
    match receiver.recv().await {
        Some(Ok(AnswerPart::Last(text))) => Ok(Sent::Whole(text)),
        Some(Ok(AnswerPart::More(first))) => Ok(Sent::Parts(parts(first, receiver))),
        Some(Err(error)) => Err(error),
        None => Err(work.await.err().map_or_else(
            || DbErr::Custom(SILENT_END.into()),
            |error| DbErr::Custom(error.to_string()),
        )),
    }
}

/// The first part of a listing and those that follow. A listing without a last part breaks off.
fn parts(first: Vec<u8>, receiver: mpsc::Receiver<Result<AnswerPart, DbErr>>) -> Parts {
    let parts = futures::stream::once(async move { Ok(AnswerPart::More(first)) }).chain(ReceiverStream::new(receiver));
    let mut ended = false;
    let parts = parts.map(Some).chain(futures::stream::once(async { None }));
    let parts = parts.filter_map(move |part| {
        let text = match part {
            Some(Ok(AnswerPart::More(text))) => Some(Ok(Bytes::from(text))),
            Some(Ok(AnswerPart::Last(text))) => {
                ended = true;
                Some(Ok(Bytes::from(text)))
            }
            Some(Err(error)) => {
                ended = true;
                tracing::error!(%error, "a listing broke off");
                Some(Err(io::Error::other(error)))
            }
            None if ended => None,
            // Whoever wrote it panicked: what was sent must not look whole.
            None => Some(Err(io::Error::other(SILENT_END))),
        };
        futures::future::ready(text)
    });
    Box::new(Box::pin(parts))
}

/// Sends a JSON list with an item for each row of the query. `write` writes one item.
///
/// # Errors
/// The database refuses the query, or a row can't be written, before the first part is sent.
pub async fn stream_array<W>(database: &Database, sql: Sql, mut write: W) -> Result<Sent, DbErr>
where
    W: FnMut(&mut Vec<u8>, &QueryResult) -> Result<(), DbErr> + Send + 'static,
{
    let mut first = true;
    stream(database, sql, b"[", b"]", move |out, row| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        write(out, row)
    })
    .await
}

/// Sends a JSON list with an object of these fields for each row of the query.
///
/// # Errors
/// As [`stream_array`].
pub async fn stream_objects(database: &Database, sql: Sql, writer: RowWriter) -> Result<Sent, DbErr> {
    stream_array(database, sql, move |out, row| {
        out.push(b'{');
        writer.write(out, row)?;
        out.push(b'}');
        Ok(())
    })
    .await
}

/// Sends a line for each row of the query behind a first line. `write` writes one line without its end.
///
/// # Errors
/// The database refuses the query, or a row can't be written, before the first part is sent.
pub async fn stream_lines<W>(database: &Database, sql: Sql, first_line: &[u8], mut write: W) -> Result<Sent, DbErr>
where
    W: FnMut(&mut Vec<u8>, &QueryResult) -> Result<(), DbErr> + Send + 'static,
{
    stream(database, sql, first_line, b"", move |out, row| {
        write(out, row)?;
        out.push(b'\n');
        Ok(())
    })
    .await
}

async fn stream<W>(database: &Database, sql: Sql, head: &[u8], tail: &'static [u8], mut write: W) -> Result<Sent, DbErr>
where
    W: FnMut(&mut Vec<u8>, &QueryResult) -> Result<(), DbErr> + Send + 'static,
{
    let database = database.clone();
    send_written(|mut outlet| {
        outlet.out.extend_from_slice(head);
        async move {
            let mut held = database.held().await?;
            let mut rows = held.stream(&sql, database.backend())?;
            while let Some(row) = rows.next().await {
                write(&mut outlet.out, &row?)?;
                outlet.flush().await?;
            }
            outlet.out.extend_from_slice(tail);
            Ok(outlet)
        }
    })
    .await
}
