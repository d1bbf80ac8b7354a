//! Listens on a port and answers there until it is told to stop.
//!
//! The server of poem sets no time for the heading of a request and can't, so connections are given to hyper here, as poem
//! does, over a stream that watches its peer. HTTP/1.1 is spoken, which every proxy and client of the API does.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use poem::http::uri::Scheme;
use poem::http::{Request, Response, StatusCode};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Endpoint, EndpointExt, IntoEndpoint};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{Activity, Answering, Pace, Watched};
use super::crowd::{ConnectionPlace, Crowd};
use super::refusals::RefusalAnswer;
use crate::config::Settings;

/// Time that requests in flight may take to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);
/// Connections that wait to be accepted.
const WAITING: u32 = 1024;
/// Pause when no connection can be accepted, as when too many are open.
const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(100);
/// Most bytes of an address and its headers.
const HEADING: usize = 128 * 1024;
const CROWDED: &str = "Too many connections are open. Try again in a moment.";

/// Reason why nobody can be answered at a port.
#[derive(Debug, thiserror::Error)]
#[error("{host}:{port} can't be listened on (--host, --port): {error}")]
pub struct PortError {
    host: String,
    port: u16,
    error: io::Error,
}

/// A port that is held, and not listened on yet: whoever connects before the server is ready is refused.
#[derive(Debug)]
pub struct HeldPort {
    host: String,
    port: u16,
    socket: TcpSocket,
}

impl HeldPort {
    /// Takes a port; 0 takes any that is free.
    ///
    /// # Errors
    /// The host has no address here, or the port is taken.
    pub async fn take(host: &str, port: u16) -> Result<Self, PortError> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let refused = |error| PortError {
            host: host.to_owned(),
            port,
            error,
        };
        let mut reason = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in lookup_host((bare, port)).await.map_err(refused)? {
            match bind(address) {
                Ok(socket) => {
                    return Ok(Self {
                        host: host.to_owned(),
                        port,
                        socket,
                    });
                }
                Err(error) => reason = error,
            }
        }
        Err(refused(reason))
    }

    /// Listens: connections come from now on, and wait to be answered.
    ///
    /// # Errors
    /// Somebody else listens there by now.
    pub fn listen(self) -> Result<Bound, PortError> {
        let Self { host, port, socket } = self;
        let listening = socket
            .listen(WAITING)
            .and_then(|listener| Ok((listener.local_addr()?, listener)));
        match listening {
            Ok((address, listener)) => Ok(Bound {
                listener,
                address,
                pace: Pace::default(),
                crowd: Crowd::new(0, 0, Vec::new()),
            }),
            Err(error) => Err(PortError { host, port, error }),
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port is free as soon as its server has ended. Elsewhere this would let two servers share it.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// A port that is listened on, and will be answered.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    pace: Pace,
    crowd: Arc<Crowd>,
}

impl Bound {
    /// Takes a port, and listens; 0 takes any that is free.
    ///
    /// # Errors
    /// The host has no address here, or the port is taken.
    pub async fn to(host: &str, port: u16) -> Result<Self, PortError> {
        HeldPort::take(host, port).await?.listen()
    }

    /// The same port with the limits of the settings, and so many connections at most; 0 for no limit.
    #[must_use]
    pub fn limited(self, settings: &Settings, connections: usize) -> Self {
        let own = &settings.connections;
        let seconds = Duration::from_secs;
        let pace = Pace {
            head: seconds(own.head_timeout),
            idle: seconds(own.idle_timeout),
            write: seconds(own.write_timeout),
            ..self.pace
        };
        Self {
            pace,
            crowd: Crowd::new(
                own.connections_per_address,
                connections,
                settings.trusted_proxies.clone(),
            ),
            ..self
        }
    }

    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown` is done, then lets requests in flight end, for 30 seconds at most.
    ///
    /// # Errors
    /// The server can't run.
    pub async fn serve<E>(self, endpoint: E, shutdown: impl Future<Output = ()>) -> io::Result<()>
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
    {
        tracing::info!("listening on http://{}", self.address);
        let endpoint = Arc::new(endpoint.into_endpoint().map_to_response());
        let (ending, broken_off) = (CancellationToken::new(), CancellationToken::new());
        let connections = TaskTracker::new();
        let mut shutdown = pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                () = &mut shutdown => break,
                accepted = self.accept() => accepted,
            };
            let Some((stream, peer, place)) = accepted else {
                continue;
            };
            let connection = Connection {
                endpoint: Arc::clone(&endpoint),
                local: self.address,
                peer,
                ending: ending.clone(),
            };
            let answered = connection.answer(stream, place, self.pace);
            let broken_off = broken_off.clone();
            connections.spawn(async move {
                tokio::select! {
                    () = answered => {}
                    () = broken_off.cancelled() => {}
                }
            });
        }
        drop(self.listener);
        ending.cancel();
        connections.close();
        if timeout(SHUTDOWN_TIMEOUT, connections.wait()).await.is_err() {
            broken_off.cancel();
            connections.wait().await;
        }
        Ok(())
    }

    /// The next connection that has a place.
    async fn accept(&self) -> Option<(TcpStream, SocketAddr, ConnectionPlace)> {
        let (stream, peer) = match self.listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                return None;
            }
        };
        let Some(place) = self.crowd.enter(peer.ip()) else {
            // Nobody is waited for here: who can't take the answer at once gets none.
            let _unsent = stream.try_write(RefusalAnswer::new(StatusCode::SERVICE_UNAVAILABLE, CROWDED).rest());
            return None;
        };
        // Parts of a streamed answer must not wait for each other.
        stream.set_nodelay(true).ok()?;
        Some((stream, peer, place))
    }
}

/// A connection on its way to the endpoint.
struct Connection<E> {
    endpoint: Arc<E>,
    local: SocketAddr,
    peer: SocketAddr,
    ending: CancellationToken,
}

impl<E: Endpoint<Output = poem::Response> + 'static> Connection<E> {
    /// Answers its requests, one after the other.
    async fn answer(self, stream: TcpStream, place: ConnectionPlace, pace: Pace) {
        let activity = Arc::new(Activity::default());
        let closing = Arc::clone(&activity);
        let stream = TokioIo::new(Watched::new(stream, Arc::clone(&activity), pace, place));
        let (endpoint, local, peer) = (
            self.endpoint,
            LocalAddr(self.local.into()),
            RemoteAddr(self.peer.into()),
        );
        let service = service_fn(move |request: Request<Incoming>| {
            let (endpoint, activity, answering) = (Arc::clone(&endpoint), Arc::clone(&activity), activity.begin());
            let has_body = !request.body().is_end_stream();
            let request = poem::Request::from((request, local.clone(), peer.clone(), Scheme::HTTP));
            async move {
                let response: Response<_> = endpoint.get_response(request).await.into();
                if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                    activity.upgrade();
                }
                if has_body && response.status().is_client_error() {
                    activity.answer_early();
                }
                Ok::<_, Infallible>(response.map(|body| Content {
                    body,
                    _answering: answering,
                }))
            }
        });
        let mut connection = pin!(
            http1::Builder::new()
                .max_buf_size(HEADING)
                .serve_connection(stream, service)
                .with_upgrades()
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.ending.cancelled() => {
                closing.close();
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, peer = %self.peer, "a connection broke off");
        }
    }
}

/// The content of an answer, for as long as it is sent.
struct Content<B> {
    body: B,
    _answering: Answering,
}

impl<B: Body + Unpin> Body for Content<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_is_held_before_it_is_listened_on() {
        let taken = Bound::to("127.0.0.1", 0).await.unwrap();
        let port = taken.address().port();
        let refused = HeldPort::take("127.0.0.1", port).await.unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("127.0.0.1:{port} can't be listened on")),
            "{refused}"
        );

        let held = HeldPort::take("127.0.0.1", 0).await.unwrap();
        let address = held.socket.local_addr().unwrap();
        assert!(TcpStream::connect(address).await.is_err());
        let bound = held.listen().unwrap();
        assert_eq!(bound.address(), address);
        assert!(TcpStream::connect(address).await.is_ok());
    }
}
