//! Serves a face over HTTP, and does to the connection what goes wrong there.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use futures_util::stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::{Answer, Cloud, Ending, Face, Request};

/// The largest request a simulated cloud reads.
const REQUEST_CAP: usize = 4 << 20;
/// How much of a body without end is sent at most.
const ENDLESS: usize = 256 << 20;

/// Serves a face of a cloud on this listener until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, cloud: Cloud, face: Arc<dyn Face>) -> io::Result<()> {
    let router = axum::Router::new().fallback(handle).with_state((cloud, face));
    let service = router.into_make_service_with_connect_info::<Valve>();
    axum::serve(Valved(listener), service).await
}

async fn handle(
    State((cloud, face)): State<(Cloud, Arc<dyn Face>)>,
    ConnectInfo(valve): ConnectInfo<Valve>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, REQUEST_CAP).await else {
        return respond(Answer::empty(413));
    };
    let text = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let request = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().map(text).collect(),
        body: body.to_vec(),
    };
    match cloud.receive(&*face, &request) {
        Ending::Answered(answer) => respond(answer),
        Ending::Slow(answer, late) => {
            cloud.clock().sleep(late).await;
            respond(answer)
        }
        Ending::Lost => {
            valve.close_after(0);
            respond(Answer::empty(503))
        }
        Ending::Cut(answer) => {
            valve.close_in_body(answer.body.len() / 2);
            respond(answer)
        }
        Ending::Endless => endless(),
        Ending::Silence => std::future::pending().await,
    }
}

fn respond(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    response
}

fn endless() -> Response {
    const CHUNK: usize = 64 << 10;
    let chunk = Bytes::from(vec![b'['; CHUNK]);
    let chunks = stream::iter((0..ENDLESS / CHUNK).map(move |_| Ok::<Bytes, io::Error>(chunk.clone())));
    Response::new(Body::from_stream(chunks))
}

/// What is left of a connection's answers: how many bytes may still go out, and whether headers are still due.
#[derive(Clone, Debug)]
pub(crate) struct Valve(Arc<ValveState>);

#[derive(Debug)]
struct ValveState {
    /// Bytes that may still go out; `usize::MAX`: all.
    left: AtomicUsize,
    /// Bytes of body after which to close, counted from the end of the next headers; `usize::MAX`: not armed.
    body: AtomicUsize,
}

impl Valve {
    fn open() -> Self {
        Self(Arc::new(ValveState { left: AtomicUsize::new(usize::MAX), body: AtomicUsize::new(usize::MAX) }))
    }

    fn close_after(&self, bytes: usize) {
        self.0.left.store(bytes, Ordering::SeqCst);
    }

    fn close_in_body(&self, bytes: usize) {
        self.0.body.store(bytes, Ordering::SeqCst);
    }

    /// How many of these bytes may go out now.
    fn allowed(&self, bytes: &[u8]) -> usize {
        let body = self.0.body.load(Ordering::SeqCst);
        if body != usize::MAX
            && let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n")
        {
            self.0.body.store(usize::MAX, Ordering::SeqCst);
            self.0.left.store(end + 4 + body, Ordering::SeqCst);
        }
        self.0.left.load(Ordering::SeqCst).min(bytes.len())
    }

    fn used(&self, bytes: usize) {
        let left = self.0.left.load(Ordering::SeqCst);
        if left != usize::MAX {
            self.0.left.store(left.saturating_sub(bytes), Ordering::SeqCst);
        }
    }
}

impl Connected<IncomingStream<'_, Valved>> for Valve {
    fn connect_info(stream: IncomingStream<'_, Valved>) -> Self {
        stream.remote_addr().clone()
    }
}

/// A listener whose connections have a valve.
struct Valved(TcpListener);

impl Listener for Valved {
    type Io = ValvedStream;
    type Addr = Valve;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, _) = Listener::accept(&mut self.0).await;
        let valve = Valve::open();
        (ValvedStream { stream, valve: valve.clone() }, valve)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        let _: SocketAddr = TcpListener::local_addr(&self.0)?;
        Ok(Valve::open())
    }
}

struct ValvedStream {
    stream: TcpStream,
    valve: Valve,
}

impl AsyncRead for ValvedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ValvedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let allowed = self.valve.allowed(buf);
        if allowed == 0 && !buf.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &buf[..allowed]);
        if let Poll::Ready(Ok(count)) = written {
            self.valve.used(count);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
