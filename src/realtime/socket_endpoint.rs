//! The way in: carries HTTP requests of poem to the Socket.IO service, and the connections behind them.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::BoxFuture;
use poem::{
    Body, Endpoint, EndpointExt, Request, Response, Result, Upgraded,
    endpoint::{BoxEndpoint, TowerCompatExt},
    http::{self, Method, StatusCode, Uri, header},
    web::headers::{HeaderMapExt, SecWebsocketAccept, SecWebsocketKey, SecWebsocketVersion},
};
use socketioxide::{SocketIo, TransportType, extract::SocketRef, socket::Sid};
use tokio_util::sync::CancellationToken;
use tower::Service;
use url::form_urlencoded;

use super::{
    Options, PATH,
    guarded_stream::GuardedStream,
    hub::Hub,
    portions::{self, Portions},
};

type Connect = dyn Fn(GuardedStream<Upgraded>, http::Request<()>) -> BoxFuture<'static, ()> + Send + Sync;

/// Token that cuts the WebSocket of a socket, carried by its handshake.
#[derive(Clone)]
struct Opened(CancellationToken);

/// The Socket.IO service, and every connection to it.
pub(super) struct Lines {
    polling: BoxEndpoint<'static, Response>,
    connect: Box<Connect>,
    portions: Portions,
    patience: Duration,
    shut: AtomicBool,
    /// Every connection: each WebSocket has a child of it.
    all: CancellationToken,
    /// The WebSockets that took over from long-polling.
    upgraded: Mutex<HashMap<Sid, CancellationToken>>,
}

/// Builds the service with the settings that clients of the API know.
pub(super) fn build(options: &Options) -> (SocketIo, Lines) {
    let (service, io) = SocketIo::builder()
        .req_path(PATH)
        .ping_interval(Duration::from_secs(25))
        .ping_timeout(Duration::from_secs(20))
        .connect_timeout(options.introduction)
        .max_payload(1_000_000)
        .ws_max_message_size(1_000_000)
        .ws_max_frame_size(1_000_000)
        .max_buffer_size(options.backlog)
        .build_svc();
    let polling = service.clone().compat().map_to_response().boxed();
    let connect = Box::new(move |line, request| -> BoxFuture<'static, ()> {
        let mut service = service.clone();
        Box::pin(async move {
            if let Err(error) = service.call((line, request)).await {
                tracing::debug!(%error, "refused a WebSocket");
            }
        })
    });
    let lines = Lines {
        polling,
        connect,
        portions: Portions::default(),
        patience: options.patience,
        shut: AtomicBool::new(false),
        all: CancellationToken::new(),
        upgraded: Mutex::default(),
    };
    (io, lines)
}

impl Lines {
    /// Takes no new connections any more.
    pub(super) fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
    }

    /// Cuts every connection at once.
    pub(super) fn cut_all(&self) {
        self.all.cancel();
    }

    /// Closes a socket's connection, rather than the socket: that is what makes clients
    /// connect again by themselves, which they do not when told to leave.
    pub(super) async fn cut(&self, socket: &SocketRef) {
        if socket.transport_type() == TransportType::Websocket {
            let opened = socket.req_parts().extensions.get::<Opened>();
            let token = opened.map(|opened| opened.0.clone());
            if let Some(token) = token.or_else(|| self.upgraded().get(&socket.id).cloned()) {
                token.cancel();
            }
            return;
        }
        // Long-polling has no connection to cut: say in the client's place that it leaves.
        let leave = Request::builder()
            .method(Method::POST)
            .uri(engine_uri(Some(&format!("EIO=4&transport=polling&sid={}", socket.id))))
            .body("1");
        if let Err(error) = self.polling.call(leave).await {
            tracing::debug!(%error, "could not close a long-polling session");
        }
    }

    fn upgraded(&self) -> MutexGuard<'_, HashMap<Sid, CancellationToken>> {
        self.upgraded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request of a long-polling client.
    async fn poll(&self, request: Request, sid: Option<Sid>) -> Result<Response> {
        let Some(sid) = sid.filter(|_| request.method() == Method::GET && portions::needed(request.headers())) else {
            return self.polling.call(request).await;
        };
        if let Some(portion) = self.portions.next(sid) {
            return Ok(Response::builder()
                .content_type("text/plain; charset=UTF-8")
                .body(portion));
        }
        let mut response = self.polling.call(request).await?;
        let packets = response.take_body().into_bytes().await?;
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.set_body(self.portions.first(sid, packets));
        Ok(response)
    }

    /// Answers a WebSocket handshake, then gives the connection to the service.
    fn websocket(self: &Arc<Self>, request: &Request, asked: &TransportQuery) -> Option<Response> {
        let headers = request.headers();
        let key: SecWebsocketKey = headers.typed_get()?;
        let upgrades = headers
            .get(header::UPGRADE)
            .is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
        let version = headers.typed_get() == Some(SecWebsocketVersion::V13);
        if !upgrades || !version || request.method() != Method::GET {
            return None;
        }
        let upgrade = request.take_upgrade().ok()?;
        let token = self.all.child_token();
        let mut handshake = http::Request::new(());
        *handshake.uri_mut() = request.uri().clone();
        *handshake.headers_mut() = headers.clone();
        handshake.extensions_mut().insert(Opened(token.clone()));

        let lines = self.clone();
        let sid = asked.sid;
        tokio::spawn(async move {
            let stream = match upgrade.await {
                Ok(stream) => stream,
                Err(error) => return tracing::debug!(%error, "no WebSocket after all"),
            };
            let line = GuardedStream::new(stream, token.clone(), lines.patience);
            // A second upgrade of a session is refused, and must not take the first one's place.
            let first = sid.filter(|sid| match lines.upgraded().entry(*sid) {
                Entry::Vacant(entry) => {
                    entry.insert(token.clone());
                    true
                }
                Entry::Occupied(_) => false,
            });
            (lines.connect)(line, handshake).await;
            if let Some(sid) = first {
                token.cancelled().await;
                lines.upgraded().remove(&sid);
            }
        });

        let mut response = Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .body(Body::empty());
        response.headers_mut().typed_insert(SecWebsocketAccept::from(key));
        Some(response)
    }
}

/// The endpoint that listeners come through; it may be nested under any path.
#[derive(Clone)]
pub struct SocketEndpoint {
    hub: Arc<Hub>,
}

impl SocketEndpoint {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }

    /// True when a request belongs to a session that is open, or may open one.
    async fn lets_in(&self, request: &Request, asked: &TransportQuery) -> bool {
        let peer = request.remote_addr().as_socket_addr().map(SocketAddr::ip);
        asked.sid.is_some() || self.hub.may_connect(request.headers(), peer).await
    }
}

impl Endpoint for SocketEndpoint {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let asked = TransportQuery::read(request.uri().query().unwrap_or_default());
        let lines = &self.hub.lines;
        if lines.shut.load(Ordering::Relaxed) && asked.sid.is_none() {
            return Ok(StatusCode::SERVICE_UNAVAILABLE.into());
        }
        if !self.lets_in(&request, &asked).await {
            return Ok(StatusCode::TOO_MANY_REQUESTS.into());
        }
        *request.uri_mut() = engine_uri(request.uri().query());
        if !asked.websocket {
            return tokio::select! {
                biased;
                () = lines.all.cancelled() => Ok(StatusCode::SERVICE_UNAVAILABLE.into()),
                answer = lines.poll(request, asked.sid) => answer,
            };
        }
        let answer = lines.websocket(&request, &asked);
        Ok(answer.unwrap_or_else(|| {
            Response::builder()
                .status(StatusCode::BAD_REQUEST)
                .content_type("application/json")
                .body(r#"{"code":"3","message":"Bad request"}"#)
        }))
    }
}

/// Facts of a request that decide about its way.
struct TransportQuery {
    /// True if it wants a WebSocket of a protocol version that is spoken here; for any other
    /// the service has an error to tell.
    websocket: bool,
    /// The session it continues.
    sid: Option<Sid>,
}

impl TransportQuery {
    fn read(query: &str) -> Self {
        let value =
            |name| form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then_some(value));
        Self {
            websocket: value("transport").as_deref() == Some("websocket") && value("EIO").as_deref() == Some("4"),
            sid: value("sid").and_then(|sid| sid.parse().ok()),
        }
    }
}

/// The address at which the service answers, wherever the endpoint is mounted.
fn engine_uri(query: Option<&str>) -> Uri {
    format!("{PATH}/?{}", query.unwrap_or_default())
        .parse()
        .unwrap_or_else(|_| Uri::from_static(PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_query() {
        let sid = Sid::new();
        let asked = TransportQuery::read(&format!("EIO=4&transport=websocket&t=a%20b&sid={sid}"));
        assert!(asked.websocket);
        assert_eq!(asked.sid, Some(sid));

        let asked = TransportQuery::read("EIO=3&transport=websocket&sid=wrong");
        assert!(!asked.websocket);
        assert_eq!(asked.sid, None);
        assert!(!TransportQuery::read("EIO=4&transport=polling").websocket);
    }
}
