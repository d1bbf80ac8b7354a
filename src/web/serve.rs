//! Listens on a port and answers there until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{IntoEndpoint, Server};
use tokio::net::{TcpListener, TcpStream};

/// How long requests in flight may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(120);
/// How long to wait when no connection can be accepted, as when too many are open.
const REST: Duration = Duration::from_millis(100);

/// A port that is held, and will be answered.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Takes a port; 0 takes any that is free.
    ///
    /// # Errors
    /// The host has no address here, or the port is taken.
    pub async fn to(host: &str, port: u16) -> io::Result<Self> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let listener = TcpListener::bind((host, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
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
        Server::new_with_acceptor(self).idle_timeout(SILENCE).run_with_graceful_shutdown(endpoint, shutdown, Some(PATIENCE)).await
    }
}

impl Acceptor for Bound {
    type Io = TcpStream;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![LocalAddr(self.address.into())]
    }

    async fn accept(&mut self) -> io::Result<(TcpStream, LocalAddr, RemoteAddr, Scheme)> {
        match self.listener.accept().await {
            Ok((stream, peer)) => {
                // Parts of a streamed answer must not wait for each other.
                stream.set_nodelay(true)?;
                Ok((stream, LocalAddr(self.address.into()), RemoteAddr(peer.into()), Scheme::HTTP))
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REST).await;
                Err(error)
            }
        }
    }
}

/// Answers on a host and port until `shutdown` is done; see [`Bound`].
///
/// # Errors
/// The port can't be taken, or the server can't run.
pub async fn serve<E>(endpoint: E, host: &str, port: u16, shutdown: impl Future<Output = ()>) -> io::Result<()>
where
    E: IntoEndpoint,
    E::Endpoint: 'static,
{
    Bound::to(host, port).await?.serve(endpoint, shutdown).await
}
