//! The byte stream under a connection: it gives up on peers that are silent, says why a request can't be read, and lets an
//! answer that comes before the end of a request reach the sender.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::refusals::RefusalAnswer;

/// Times that a peer has.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// For the first byte of a connection, and from the first byte of a request's heading to its last.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For the rest of a heading once the server ends.
    pub closing: Duration,
    /// To take some of an answer.
    pub write: Duration,
    /// To read an answer that came early, and stop sending.
    pub farewell: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(15),
            idle: Duration::from_secs(120),
            closing: Duration::from_secs(1),
            write: Duration::from_secs(120),
            farewell: Duration::from_secs(2),
        }
    }
}

/// Requests of a connection that are being answered, and its other states.
#[derive(Default)]
pub(super) struct Activity {
    /// Number of requests that have begun so far.
    requests: AtomicUsize,
    answering: AtomicUsize,
    /// The connection belongs to a WebSocket.
    upgraded: AtomicBool,
    /// The last answer came though its request had not been read to the end.
    early: AtomicBool,
    /// The server ends.
    closing: AtomicBool,
    /// The task that waits until nothing is being answered.
    waiting: AtomicWaker,
}

impl Activity {
    /// Begins with a request; it ends when what is returned is dropped, which the body of the answer carries.
    pub(super) fn begin(self: &Arc<Self>) -> Answering {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.answering.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    pub(super) fn upgrade(&self) {
        self.upgraded.store(true, Ordering::Relaxed);
    }

    pub(super) fn answer_early(&self) {
        self.early.store(true, Ordering::Relaxed);
    }

    /// Waits no longer than a moment for what is no whole request yet.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    fn is_busy(&self) -> bool {
        self.upgraded.load(Ordering::Relaxed) || self.answering.load(Ordering::Relaxed) > 0
    }
}

/// A request that is being answered.
pub(super) struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Ordering::Relaxed);
        self.0.waiting.wake();
    }
}

/// Kind of waiting for a peer.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Awaited {
    /// Number of requests that it sent before.
    after: usize,
    /// True when some of the next one is there, or the connection is new.
    begun: bool,
    /// True when the server ends.
    closing: bool,
}

impl Awaited {
    /// Time that the peer has.
    fn patience(self, pace: Pace) -> Duration {
        match self {
            Self { closing: true, .. } => pace.closing,
            Self { begun: true, .. } => pace.head,
            Self { .. } => pace.idle,
        }
    }
}

type Timer = Pin<Box<Sleep>>;

/// A stream with a watch over its peer.
pub(super) struct Watched<S, P> {
    stream: S,
    activity: Arc<Activity>,
    pace: Pace,
    awaited: Option<(Awaited, Timer)>,
    /// The request, by the number of those before it, of which some has been read. Of a new connection it is the first.
    begun: usize,
    stalled: Option<Timer>,
    refusal: Option<RefusalAnswer>,
    farewell: Option<Timer>,
    /// Value that is kept for as long as the connection is open.
    _place: P,
}

impl<S, P> Watched<S, P> {
    pub(super) fn new(stream: S, activity: Arc<Activity>, pace: Pace, place: P) -> Self {
        Self {
            stream,
            activity,
            pace,
            awaited: None,
            begun: 0,
            stalled: None,
            refusal: None,
            farewell: None,
            _place: place,
        }
    }

    /// Waits for the peer, for as long as it may take.
    fn wait_for_peer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The last answer may end between the look and the note of who waits for that.
        if self.activity.is_busy() {
            self.activity.waiting.register(cx.waker());
            if self.activity.is_busy() {
                self.awaited = None;
                return Poll::Pending;
            }
        }
        let after = self.activity.requests();
        let awaited = Awaited {
            after,
            begun: self.begun == after,
            closing: self.activity.closing.load(Ordering::Relaxed),
        };
        if self.awaited.as_ref().is_none_or(|(before, _)| *before != awaited) {
            let patience = awaited.patience(self.pace);
            self.awaited = Some((awaited, Box::pin(sleep(patience))));
        }
        if let Some((_, timer)) = &mut self.awaited {
            ready!(timer.as_mut().poll(cx));
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Lets an answer of the stream pass, unless the peer takes nothing for too long. WebSockets have a watch of their own.
    fn watch<T>(&mut self, cx: &mut Context<'_>, answer: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if answer.is_ready() || self.activity.upgraded.load(Ordering::Relaxed) {
            self.stalled = None;
            return answer;
        }
        let patience = self.pace.write;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin, P: Unpin> AsyncRead for Watched<S, P> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(answer) => {
                if buf.filled().len() > before && !self.activity.is_busy() {
                    self.begun = self.activity.requests();
                }
                Poll::Ready(answer)
            }
            Poll::Pending => self.wait_for_peer(cx),
        }
    }
}

impl<S: AsyncWrite + Unpin, P> Watched<S, P> {
    /// Writes a refusal in the place of the one without words, which is `length` bytes.
    fn refuse(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        while let Some(refusal) = &mut self.refusal {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, refusal.rest())) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(written) if refusal.advance(written) => self.refusal = None,
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        self.activity.answer_early();
        Poll::Ready(Ok(length))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, P: Unpin> AsyncWrite for Watched<S, P> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.refusal.is_none() && !self.activity.is_busy() {
            self.refusal = RefusalAnswer::instead_of(buf);
        }
        let answer = match self.refusal {
            Some(_) => self.refuse(cx, buf.len()),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        };
        self.watch(cx, answer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = bufs {
            return self.poll_write(cx, only);
        }
        let answer = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, answer)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(cx, answer)
    }

    /// Closing while the peer still sends would take the answer from it before it is read. So only our half is closed, and
    /// what comes is thrown away, for a moment.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.farewell.is_none() {
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            if !self.activity.early.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let patience = self.pace.farewell;
        let mut timer = self.farewell.take().unwrap_or_else(|| Box::pin(sleep(patience)));
        let mut scrap = [0; 8192];
        while timer.as_mut().poll(cx).is_pending() {
            let mut scrap = ReadBuf::new(&mut scrap);
            match Pin::new(&mut self.stream).poll_read(cx, &mut scrap) {
                Poll::Ready(Ok(())) if !scrap.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    self.farewell = Some(timer);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }
}
