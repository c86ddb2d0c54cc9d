//! The sandbox as an HTTP API, for programs that use Vapi's API directly.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Response, Uri, header::HOST},
};
use reqwest::Url;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{ADDRESS, Answer, Sandbox};
use crate::http::listen::{accept, max_connections};

/// Serves a new sandbox until the process ends; `announce` receives the address.
pub(crate) async fn serve(listen: SocketAddr, announce: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let sandbox = Arc::new(Sandbox::new().map_err(io::Error::other)?);
    let listener = TcpListener::bind(listen).await?;
    announce(listener.local_addr()?);
    let router = Router::new().fallback(answer).with_state(sandbox);
    accept(
        listener,
        router,
        max_connections(),
        CancellationToken::new(),
    )
    .await;
    Ok(())
}

async fn answer(
    State(sandbox): State<Arc<Sandbox>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let base = host.map_or_else(|| ADDRESS.to_owned(), |host| format!("http://{host}"));
    let answer = match Url::parse(&format!("{base}{uri}")) {
        Ok(url) => sandbox.answer(method.as_str(), &url, &body),
        Err(error) => Answer::refusal(400, error.to_string()),
    };
    Response::<reqwest::Body>::from(answer.into_response()).map(Body::new)
}
