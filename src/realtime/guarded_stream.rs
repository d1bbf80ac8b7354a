//! A WebSocket's byte stream that can be cut from outside, and gives up on a peer that stops reading.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};
use tokio_util::sync::{CancellationToken, DropGuard, WaitForCancellationFutureOwned};

/// A stream that ends with an error once its token is cancelled, or once a write has been
/// refused for too long, and that cancels the token when dropped.
///
/// The Engine.IO server writes to a WebSocket for as long as the stream takes; a peer that is
/// alive but does not read would hold its session, and all that is queued for it, for ever.
pub(super) struct GuardedStream<S> {
    stream: S,
    token: CancellationToken,
    /// One a direction, as each side of the stream is polled by a task of its own.
    cut: [Pin<Box<WaitForCancellationFutureOwned>>; 2],
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
    _hung_up: DropGuard,
}

impl<S> GuardedStream<S> {
    pub(super) fn new(stream: S, token: CancellationToken, patience: Duration) -> Self {
        let cut = || Box::pin(token.clone().cancelled_owned());
        Self {
            cut: [cut(), cut()],
            stream,
            patience,
            stalled: None,
            _hung_up: token.clone().drop_guard(),
            token,
        }
    }

    /// Lets an answer of the stream pass, unless the line is cut or the peer stalls it.
    fn watch<T>(&mut self, cx: &mut Context<'_>, answer: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if answer.is_ready() {
            self.stalled = None;
            return answer;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        if stalled.as_mut().poll(cx).is_ready() {
            self.token.cancel();
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if self.cut[1].as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Poll::Pending
    }

    fn check(&self) -> io::Result<()> {
        match self.token.is_cancelled() {
            true => Err(io::ErrorKind::ConnectionAborted.into()),
            false => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for GuardedStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.token.is_cancelled() || self.cut[0].as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for GuardedStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        let answer = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, answer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        let answer = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(cx, answer)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        let answer = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch(cx, answer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const WRITE_TIMEOUT: Duration = Duration::from_millis(400);

    #[tokio::test]
    async fn a_peer_that_stops_reading_is_given_up() {
        let (near, _far) = duplex(4);
        let token = CancellationToken::new();
        let mut line = GuardedStream::new(near, token.clone(), WRITE_TIMEOUT);
        line.write_all(b"1234").await.unwrap();
        let refused = line.write_all(b"5").await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        assert!(token.is_cancelled());
    }

    #[tokio::test]
    async fn a_peer_that_reads_slowly_is_not() {
        let (near, mut far) = duplex(4);
        let mut line = GuardedStream::new(near, CancellationToken::new(), WRITE_TIMEOUT);
        let reader = tokio::spawn(async move {
            let mut read = [0; 1];
            for _ in 0..8 {
                sleep(WRITE_TIMEOUT / 2).await;
                far.read_exact(&mut read).await.unwrap();
            }
        });
        line.write_all(b"12345678").await.unwrap();
        reader.await.unwrap();
    }

    #[tokio::test]
    async fn cutting_wakes_both_directions_and_dropping_hangs_up() {
        let (near, _far) = duplex(4);
        let token = CancellationToken::new();
        let (mut read, mut write) = tokio::io::split(GuardedStream::new(near, token.clone(), WRITE_TIMEOUT));
        let reader = tokio::spawn(async move { read.read_u8().await.unwrap_err().kind() });
        let writer = tokio::spawn(async move { write.write_all(&[0; 9]).await.unwrap_err().kind() });
        tokio::task::yield_now().await;
        token.cancel();
        assert_eq!(reader.await.unwrap(), io::ErrorKind::ConnectionAborted);
        assert_eq!(writer.await.unwrap(), io::ErrorKind::ConnectionAborted);

        let (near, _far) = duplex(4);
        let token = CancellationToken::new();
        drop(GuardedStream::new(near, token.clone(), WRITE_TIMEOUT));
        assert!(token.is_cancelled());
    }
}
