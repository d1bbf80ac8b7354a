//! Small servers of tests, which stand for those of others.

use poem::IntoEndpoint;
use poem::listener::TcpAcceptor;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Answers on a port until the task is ended.
pub(crate) fn serve<E>(listener: TcpListener, endpoint: E) -> JoinHandle<()>
where
    E: IntoEndpoint + Send + 'static,
    E::Endpoint: 'static,
{
    let acceptor = TcpAcceptor::from_tokio(listener).expect("a listener");
    tokio::spawn(async move {
        poem::Server::new_with_acceptor(acceptor)
            .run(endpoint)
            .await
            .expect("it runs")
    })
}
