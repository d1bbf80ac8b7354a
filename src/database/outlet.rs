//! Outlet of a long answer. Rows that wait to be sent would hold a connection of the database, so an answer waits for
//! its client for two seconds in all: what a slower client has not taken by then goes into a temporary file, from which
//! it is sent once the database is done.

use std::io::SeekFrom;
use std::time::{Duration, Instant};

use sea_orm::DbErr;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;

/// Bytes that are gathered before they are sent.
const CHUNK: usize = 64 * 1024;
/// Room for what a row adds to a chunk that is nearly full.
const ROW: usize = 8 * 1024;
/// Time that the database waits for a client during one answer.
const DATABASE_WAIT: Duration = Duration::from_secs(2);
/// Time that a client may take for a part. One that takes longer is gone.
const CLIENT_WAIT: Duration = Duration::from_secs(60);

/// A part of an answer on its way.
#[derive(Debug)]
pub(super) enum AnswerPart {
    More(Vec<u8>),
    Last(Vec<u8>),
}

pub(super) type Sender = mpsc::Sender<Result<AnswerPart, DbErr>>;

/// Outlet of a long answer.
#[derive(Debug)]
pub struct Outlet {
    /// Bytes that are not sent yet.
    pub out: Vec<u8>,
    way: Way,
}

/// Way on which an answer gets to its client.
#[derive(Debug)]
enum Way {
    /// As a whole, at the end.
    Whole,
    /// As it is written.
    Parts { sender: Sender, left: Duration },
    /// From a file, at the end.
    File { sender: Sender, file: File },
}

fn gone() -> DbErr {
    DbErr::Custom("the client takes no more".into())
}

fn unwritten(error: std::io::Error) -> DbErr {
    DbErr::Custom(format!("a listing could not be put aside: {error}"))
}

impl Outlet {
    /// An outlet that keeps everything.
    pub(super) fn whole() -> Self {
        Self {
            out: Vec::with_capacity(CHUNK + ROW),
            way: Way::Whole,
        }
    }

    /// An outlet that sends parts.
    pub(super) fn parts(sender: Sender) -> Self {
        Self {
            out: Vec::with_capacity(CHUNK + ROW),
            way: Way::Parts {
                sender,
                left: DATABASE_WAIT,
            },
        }
    }

    /// Sends what was written so far, if it is enough to be worth it.
    ///
    /// # Errors
    /// The client went away: nobody wants the rest.
    pub async fn flush(&mut self) -> Result<(), DbErr> {
        if self.out.len() < CHUNK || matches!(self.way, Way::Whole) {
            return Ok(());
        }
        let part = std::mem::replace(&mut self.out, Vec::with_capacity(CHUNK + ROW));
        match &mut self.way {
            Way::Whole => Ok(()),
            Way::Parts { sender, left } => {
                let started = Instant::now();
                match sender.send_timeout(Ok(AnswerPart::More(part)), *left).await {
                    Ok(()) => {
                        *left = left.saturating_sub(started.elapsed());
                        Ok(())
                    }
                    Err(SendTimeoutError::Timeout(Ok(AnswerPart::More(part)))) => {
                        let sender = sender.clone();
                        let mut file = File::from_std(tempfile::tempfile().map_err(unwritten)?);
                        file.write_all(&part).await.map_err(unwritten)?;
                        self.way = Way::File { sender, file };
                        Ok(())
                    }
                    Err(_) => Err(gone()),
                }
            }
            Way::File { sender, .. } if sender.is_closed() => Err(gone()),
            Way::File { file, .. } => file.write_all(&part).await.map_err(unwritten),
        }
    }

    /// Sends the rest, now that the database is done.
    ///
    /// # Errors
    /// The client went away, or takes nothing for a minute.
    pub(super) async fn finish(self) -> Result<(), DbErr> {
        match self.way {
            Way::Whole => Ok(()),
            Way::Parts { sender, .. } => pass(&sender, AnswerPart::Last(self.out)).await,
            Way::File { sender, mut file } => {
                file.flush().await.map_err(unwritten)?;
                file.seek(SeekFrom::Start(0)).await.map_err(unwritten)?;
                loop {
                    let mut part = Vec::with_capacity(CHUNK);
                    (&mut file)
                        .take(CHUNK as u64)
                        .read_to_end(&mut part)
                        .await
                        .map_err(unwritten)?;
                    if part.is_empty() {
                        break;
                    }
                    pass(&sender, AnswerPart::More(part)).await?;
                }
                pass(&sender, AnswerPart::Last(self.out)).await
            }
        }
    }
}

async fn pass(sender: &Sender, part: AnswerPart) -> Result<(), DbErr> {
    sender.send_timeout(Ok(part), CLIENT_WAIT).await.map_err(|_| gone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_client_gets_everything_and_keeps_nobody_waiting() {
        let (sender, mut receiver) = mpsc::channel(1);
        let mut outlet = Outlet {
            out: Vec::new(),
            way: Way::Parts {
                sender,
                left: Duration::from_millis(20),
            },
        };
        let mut wanted = Vec::new();
        for number in 0..5_u8 {
            let part = vec![number; CHUNK + 1];
            wanted.extend_from_slice(&part);
            outlet.out.extend_from_slice(&part);
            outlet.flush().await.expect("room in the file");
        }
        assert!(matches!(outlet.way, Way::File { .. }));
        outlet.out.push(9);
        wanted.push(9);
        let rest = tokio::spawn(outlet.finish());
        let mut got = Vec::new();
        while let Some(Ok(AnswerPart::More(part) | AnswerPart::Last(part))) = receiver.recv().await {
            got.extend(part);
        }
        rest.await.expect("no panic").expect("a client that takes all");
        assert!(got == wanted);
    }

    #[tokio::test]
    async fn nobody_works_for_a_client_that_is_gone() {
        let (sender, receiver) = mpsc::channel(1);
        let mut outlet = Outlet::parts(sender);
        drop(receiver);
        outlet.out.resize(CHUNK, 0);
        assert!(outlet.flush().await.is_err());
    }
}
