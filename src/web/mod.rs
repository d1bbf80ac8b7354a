//! Everything HTTP around the operations: routes, headers, limits, compression, documentation, metrics and the web UI.

mod compression;
mod connection;
mod content;
mod cors;
mod crowd;
pub mod docs;
mod edition31;
mod folder;
mod headers;
mod kept;
mod limits;
mod metrics;
mod pages;
mod plugins;
mod refusals;
mod router;
mod serve;
#[cfg(test)]
mod tests;
mod ui;
mod unchanging;

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use dailies_definitions::call::RouteTable;
use dailies_definitions::failure::Failure;
use poem::endpoint::{BoxEndpoint, EndpointExt, make_sync};
use poem::http::Method;
use poem::{Endpoint, IntoResponse, Request, Response};
use tracing::{Instrument, Span};

pub use self::metrics::Metrics;
pub use self::router::RouteError;
pub use self::serve::{Bound, HeldPort, PortError};

use self::cors::Cors;
use self::headers::Visit;
use self::limits::Limits;
use self::metrics::Measured;
use self::plugins::Plugins;
use self::router::{RequestTarget, Router};
use self::ui::Ui;
use crate::config::Settings;
use crate::peers::{self, Monitor};
use crate::traces;

/// Endpoints besides the operations of the contract.
#[derive(Default)]
pub struct Extras {
    /// The stream of events, at `/socket.io`.
    pub realtime: Option<BoxEndpoint<'static>>,
    /// The counts for Prometheus, at `/metrics`.
    pub metrics: Option<Metrics>,
}

/// Reason why the server can't be put together.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error("{folder} is no folder of a built web UI, with an index.html: {error}")]
    Ui { folder: PathBuf, error: io::Error },
    #[error("{folder} is no folder of plugins: {error}")]
    Plugins { folder: PathBuf, error: io::Error },
}

/// The whole server as one endpoint, which always has an answer.
pub struct Application {
    router: Router,
    ui: Option<Ui>,
    plugins: Plugins,
    cors: Cors,
    limits: Limits,
    proxies: Vec<IpAddr>,
    monitors: Vec<Monitor>,
}

/// Puts the server together.
///
/// # Errors
/// Two paths of the contract stand for the same addresses, or the web UI can't be read.
pub fn application(mut routes: RouteTable, settings: &Settings, extras: Extras) -> Result<Application, SetupError> {
    docs::add(&mut routes);
    if let Some(realtime) = extras.realtime {
        let realtime = Arc::new(realtime);
        let methods = routes.entry("/socket.io".into()).or_default();
        for method in [Method::GET, Method::POST] {
            methods.insert(method, Arc::clone(&realtime).boxed());
        }
    }
    if let Some(metrics) = extras.metrics {
        let (proxies, monitors) = (settings.trusted_proxies.clone(), settings.monitors.clone());
        let endpoint = make_sync(move |request: Request| {
            // Proxies commonly pass on all of `/api`; counts are not meant for everybody.
            let under_api = matches!(request.data::<UnderApi>(), Some(UnderApi(true)));
            let may = peers::may_monitor(request.headers(), headers::peer(&request), &proxies, &monitors);
            if may && !under_api {
                metrics.answer()
            } else {
                Failure::not_found().into_response()
            }
        });
        routes
            .entry("/metrics".into())
            .or_default()
            .insert(Method::GET, endpoint.boxed());
    }
    let ui = settings.ui.as_ref().map(|folder| {
        Ui::open(folder).map_err(|error| SetupError::Ui {
            folder: folder.clone(),
            error,
        })
    });
    let plugins = settings.plugin_folder.as_ref();
    let plugins = plugins.map(|folder| {
        Plugins::open(folder).map_err(|error| SetupError::Plugins {
            folder: folder.clone(),
            error,
        })
    });
    Ok(Application {
        router: Router::new(routes)?,
        ui: ui.transpose()?,
        plugins: plugins.transpose()?.unwrap_or_default(),
        cors: Cors::new(&settings.cors_allowed_origins),
        limits: Limits::new(settings),
        proxies: settings.trusted_proxies.clone(),
        monitors: settings.monitors.clone(),
    })
}

/// True if the client asked below `/api`, for routes to which it matters.
#[derive(Clone, Copy)]
struct UnderApi(bool);

impl Endpoint for Application {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let target = self.router.find(request.uri().path());
        let visit = Visit::begin(&mut request, &target, &self.proxies);
        let measured = Measured::begin(request.method(), target.template(request.method()));
        let span = visit.span();
        let traced = span.in_scope(|| visit.traced());
        self.follow(&traced, &request);
        let mut response = self
            .answer(request, target)
            .instrument(traced.clone())
            .instrument(span.clone())
            .await;
        let status = response.status();
        measured.end(status);
        headers::note_status(&traced, status);
        span.in_scope(|| visit.end(status, response.headers_mut()));
        Ok(response)
    }
}

impl Application {
    /// Makes a request part of the trace that it names. Only those who may monitor decide in this way what is recorded.
    fn follow(&self, traced: &Span, request: &Request) {
        if !traced.is_disabled()
            && peers::may_monitor(request.headers(), headers::peer(request), &self.proxies, &self.monitors)
        {
            traces::follow(traced, request.headers());
        }
    }

    async fn answer(&self, mut request: Request, target: RequestTarget) -> Response {
        let origin = cors::PageOrigin::by(&request);
        let coding = compression::negotiate(request.headers());
        let head = request.method() == Method::HEAD;
        let page = match (self.plugins.answer(&request, &target).await, &self.ui) {
            (None, Some(ui)) => ui.answer(&request, &target).await,
            (page, _) => page,
        };
        let response = match page.or_else(|| Plugins::refuse(&request, &target)) {
            Some(page) => page,
            None => {
                request.set_data(UnderApi(target.under_api));
                target.answer(request, &self.limits).await
            }
        };
        let response = if head {
            content::without_body(response).await
        } else {
            response
        };
        let mut response = compression::compress(coding, response).await;
        self.cors.allow(origin, response.headers_mut());
        response
    }
}
