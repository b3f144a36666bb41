//! Faces that are wrong in one thing, served on ports of their own: a judge that does not notice them judges nothing.

use std::fmt::Debug;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;
use vmbroker_sim::{Cloud, Dialect, Face, Request};

/// What a face gets wrong.
pub(crate) trait Flaw: Copy + Debug + Send + Sync + 'static {
    /// What it takes a request for.
    fn misread(self, request: &mut Request);

    /// What it says in place of a JSON answer.
    fn missay(self, status: &mut u16, body: &mut Value);
}

/// Serves this cloud with this flaw; where, such as `127.0.0.1:49152`. It ends with the runtime.
pub(crate) async fn serve(cloud: Cloud, dialect: Dialect, flaw: impl Flaw) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let router = axum::Router::new().fallback(answer).with_state((cloud, dialect.face(), flaw));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn answer<F: Flaw>(
    State((cloud, face, flaw)): State<(Cloud, Arc<dyn Face>, F)>,
    request: axum::extract::Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap_or_default().to_vec();
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    };
    let mut request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(header).collect(),
        body,
    };
    flaw.misread(&mut request);
    let mut answer = face.answer(&cloud, &request, None);
    if let Ok(mut body) = serde_json::from_slice(&answer.body) {
        flaw.missay(&mut answer.status, &mut body);
        answer.body = body.to_string().into_bytes();
    }
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response
}
