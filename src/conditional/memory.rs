//! Answers that are kept, in the codings that they were sent in, up to so many bytes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_compression::Level;
use async_compression::tokio::write::ZstdEncoder;
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use moka::future::Cache;
use poem::http::HeaderValue;
use tokio::io::AsyncWriteExt;

use super::marks::Marks;
use super::tag::{Key, Subject, Tag};

/// Time for which an answer is kept that nobody asks for.
const UNUSED_LIMIT: Duration = Duration::from_secs(600);
/// One answer may take an eighth of the memory, and all that are gathered at a time as much as half of it besides.
const ONE_ANSWER_DIVISOR: usize = 8;
const GATHERED_DIVISOR: usize = 2;
/// Bytes that a kept answer takes beside its text.
const ENTRY_OVERHEAD: usize = 300;

/// Coding of the text of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    Plain,
    Zstd,
    Brotli,
    Gzip,
}

impl Coding {
    /// Every coding, the one first that is read fastest.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Zstd, Self::Gzip, Self::Brotli];
}

/// A kept answer in one coding.
#[derive(Clone, Debug)]
pub struct AnswerForm {
    pub(super) subject: Subject,
    pub(super) tag: Tag,
    pub media: Option<HeaderValue>,
    pub coding: Coding,
    pub text: Bytes,
}

/// The answers that are kept.
#[derive(Clone)]
pub(super) struct AnswerMemory {
    forms: Cache<(Key, Coding), AnswerForm>,
    /// Bytes of answers that are being gathered.
    gathered: Arc<AtomicUsize>,
    most: usize,
}

impl AnswerMemory {
    /// Room for so many bytes.
    pub(super) fn new(bytes: u64) -> Self {
        let weight =
            |_: &(Key, Coding), form: &AnswerForm| u32::try_from(form.text.len() + ENTRY_OVERHEAD).unwrap_or(u32::MAX);
        let forms = Cache::builder()
            .max_capacity(bytes)
            .weigher(weight)
            .time_to_idle(UNUSED_LIMIT)
            .build();
        Self {
            forms,
            gathered: Arc::default(),
            most: usize::try_from(bytes).unwrap_or(usize::MAX),
        }
    }

    pub(super) async fn sweep(&self) {
        self.forms.run_pending_tasks().await;
    }

    /// Most bytes of one answer.
    fn most_of_one(&self) -> usize {
        self.most / ONE_ANSWER_DIVISOR
    }

    /// The place of an answer.
    pub(super) fn place(&self, key: Key) -> AnswerPlace {
        AnswerPlace {
            memory: self.clone(),
            key,
        }
    }
}

/// Place of an answer in memory.
#[derive(Clone)]
pub(super) struct AnswerPlace {
    memory: AnswerMemory,
    key: Key,
}

impl AnswerPlace {
    /// Answers that are kept here and still good, one for each coding.
    pub(super) async fn forms(&self, marks: &Marks) -> Vec<AnswerForm> {
        let mut forms: Vec<AnswerForm> = Vec::new();
        for coding in Coding::ALL {
            if let Some(form) = self.memory.forms.get(&(self.key, coding)).await
                && (forms.iter().any(|good| good.tag == form.tag) || marks.confirm(&form.subject, &form.tag))
            {
                forms.push(form);
            }
        }
        forms
    }

    /// Keeper of an answer about a subject under a tag.
    pub(super) fn keeper(self, subject: Subject, tag: Tag) -> AnswerKeeper {
        AnswerKeeper {
            place: self,
            subject,
            tag,
        }
    }
}

/// An answer that is kept, in the extensions of a response that has no body yet.
#[derive(Clone)]
pub struct KeptAnswer {
    /// The answer in one coding or several.
    pub forms: Vec<AnswerForm>,
    /// Keeper of it in another coding, too.
    pub keeper: AnswerKeeper,
}

/// Place and tag of an answer that is kept while it is sent: in the extensions of a response whose body is yet to be made.
#[derive(Clone)]
pub struct AnswerKeeper {
    place: AnswerPlace,
    subject: Subject,
    tag: Tag,
}

impl AnswerKeeper {
    /// Keeps a text that is there as a whole.
    pub async fn keep(self, coding: Coding, media: Option<HeaderValue>, text: Bytes) {
        let Self { place, subject, tag } = self;
        if text.len() <= place.memory.most_of_one() {
            place
                .memory
                .forms
                .insert(
                    (place.key, coding),
                    AnswerForm {
                        subject,
                        tag,
                        media,
                        coding,
                        // A buffer that was written to may be much larger than its content.
                        text: Bytes::copy_from_slice(&text),
                    },
                )
                .await;
        }
    }

    /// The same parts, which are kept once the last one has come: as they are, or compressed where they are not.
    pub fn keeping<S>(
        self,
        sent: Coding,
        media: Option<HeaderValue>,
        parts: S,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let gathering = Gathering::new(self.place.memory.clone(), sent);
        stream::unfold(
            (Box::pin(parts), gathering, Some((self, media))),
            |(mut parts, mut gathering, mut keeper)| async move {
                let part = parts.next().await;
                match &part {
                    Some(Ok(bytes)) => gathering.add(bytes).await,
                    Some(Err(_)) => gathering.give_up(),
                    None => {
                        if let (Some((keeper, media)), Some((coding, text))) = (keeper.take(), gathering.whole().await)
                        {
                            keeper.keep(coding, media, text).await;
                        }
                    }
                }
                part.map(|part| (part, (parts, gathering, keeper)))
            },
        )
    }
}

/// Parts of an answer that may be kept.
struct Gathering {
    memory: AnswerMemory,
    coding: Coding,
    parts: Vec<Bytes>,
    /// Compressor of the parts, where they come plain.
    encoder: Option<ZstdEncoder<Vec<u8>>>,
    bytes: usize,
    given_up: bool,
}

impl Gathering {
    fn new(memory: AnswerMemory, sent: Coding) -> Self {
        let encoder = (sent == Coding::Plain).then(|| ZstdEncoder::with_quality(Vec::new(), Level::Fastest));
        let coding = if sent == Coding::Plain { Coding::Zstd } else { sent };
        Self {
            memory,
            coding,
            parts: Vec::new(),
            encoder,
            bytes: 0,
            given_up: false,
        }
    }

    async fn add(&mut self, part: &Bytes) {
        if self.given_up {
            return;
        }
        match &mut self.encoder {
            None => {
                self.parts.push(part.clone());
                self.count(part.len());
            }
            Some(encoder) => {
                let done = encoder.write_all(part).await;
                let compressed = std::mem::take(encoder.get_mut());
                if done.is_err() {
                    return self.give_up();
                }
                self.count(compressed.len());
                self.parts.push(compressed.into());
            }
        }
    }

    /// Gives up where it gets too much.
    fn count(&mut self, more: usize) {
        self.bytes += more;
        let all = self.memory.gathered.fetch_add(more, Ordering::Relaxed) + more;
        if self.bytes > self.memory.most_of_one() || all > self.memory.most / GATHERED_DIVISOR {
            self.give_up();
        }
    }

    fn give_up(&mut self) {
        self.given_up = true;
        self.parts = Vec::new();
        self.memory
            .gathered
            .fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }

    async fn whole(&mut self) -> Option<(Coding, Bytes)> {
        if let Some(mut encoder) = self.encoder.take() {
            if encoder.shutdown().await.is_err() {
                self.give_up();
            }
            self.parts.push(encoder.into_inner().into());
        }
        (!self.given_up).then(|| (self.coding, std::mem::take(&mut self.parts).concat().into()))
    }
}

impl Drop for Gathering {
    fn drop(&mut self) {
        self.give_up();
    }
}
