//! Long answers: rows go to the client while the database is still sending them, so memory stays flat.

use std::io;

use bytes::Bytes;
use dailies_definitions::payload::Json;
use futures::{Stream, StreamExt};
use sea_orm::{DbErr, QueryResult, StreamTrait};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Database, Sql};

/// Bytes that are gathered before they are sent.
const CHUNK: usize = 64 * 1024;

/// What became of a listing: small ones are whole, others are on their way.
pub enum Sent {
    Whole(Vec<u8>),
    Parts(Box<dyn Stream<Item = Result<Bytes, io::Error>> + Send + Unpin>),
}

impl<T> From<Sent> for Json<T> {
    fn from(sent: Sent) -> Self {
        match sent {
            Sent::Whole(text) => Self::written(text),
            Sent::Parts(parts) => Self::streamed(parts),
        }
    }
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
    let (sender, mut receiver) = mpsc::channel::<Result<Vec<u8>, DbErr>>(4);
    let database = database.clone();
    let mut out = Vec::with_capacity(CHUNK + 4096);
    out.extend_from_slice(head);
    let work = tokio::spawn(async move {
        let result = async {
            let mut rows = database.read().stream_raw(sql.statement(database.backend())).await?;
            while let Some(row) = rows.next().await {
                write(&mut out, &row?)?;
                if out.len() >= CHUNK {
                    let part = std::mem::replace(&mut out, Vec::with_capacity(CHUNK + 4096));
                    if sender.send(Ok(part)).await.is_err() {
                        // The client went away; nobody wants the rest.
                        return Ok(());
                    }
                }
            }
            out.extend_from_slice(tail);
            Ok(())
        }
        .await;
        let last = result.map(|()| out);
        let _gone = sender.send(last).await;
    });
    match receiver.recv().await {
        Some(Ok(part)) if part.len() < CHUNK => Ok(Sent::Whole(part)),
        Some(Ok(part)) => {
            let rest = ReceiverStream::new(receiver);
            let parts = futures::stream::once(async move { Ok(part) }).chain(rest);
            Ok(Sent::Parts(Box::new(Box::pin(parts.map(|part| {
                part.map(Bytes::from).map_err(|error| {
                    tracing::error!(%error, "a listing broke off");
                    io::Error::other(error)
                })
            })))))
        }
        Some(Err(error)) => Err(error),
        None => {
            Err(work.await.err().map_or_else(|| DbErr::Custom("a listing ended without a word".into()), |error| DbErr::Custom(error.to_string())))
        }
    }
}
