//! Answers made to fill memory or time: each is left behind after few bytes, or when its time is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use vmbroker_core::{Effect, ErrorKind};
use vmbroker_http::{
    Answer, HttpTransport, Limits, Method, Nature, Request, SMALL_CAP, Transport, TransportError,
};

use crate::scripted::{Scripted, answer};
use crate::{call, channel, send};

/// What the operating system may hold of a connection that nobody reads any more, at both of its ends.
const ON_THE_WAY: usize = 1 << 20;
/// The longest head that is read.
const HEAD: usize = 512 << 10;
/// The limit of time of one try.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer in pieces.
#[derive(Clone)]
struct Flood {
    /// Sent first.
    head: String,
    /// Sent again and again.
    piece: Vec<u8>,
    /// How often; then `tail` is sent.
    times: usize,
    /// What is waited before each piece.
    pause: Duration,
    tail: &'static str,
}

impl Flood {
    /// Far more than anybody should take: 64 MiB.
    fn without_end(head: &str, piece: &str) -> Self {
        let piece = piece.repeat((16_usize << 10).div_ceil(piece.len()));
        let times = (64 << 20) / piece.len();
        Self { head: head.to_owned(), piece: piece.into(), times, pause: Duration::ZERO, tail: "" }
    }

    /// A byte each second.
    fn trickle(head: &str, piece: &str, tail: &'static str) -> Self {
        let pause = Duration::from_secs(1);
        Self { head: head.to_owned(), piece: piece.into(), times: 100_000, pause, tail }
    }

    /// The same with an end after so many pieces.
    fn ending(self, times: usize, tail: &'static str) -> Self {
        Self { times, tail, ..self }
    }

    /// Serves it on a port and counts the bytes that could be written.
    fn serve(self) -> (u16, Arc<AtomicUsize>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(16 << 10).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(16).unwrap();
        let port = listener.local_addr().unwrap().port();
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(self.clone().pour(stream, Arc::clone(&count)));
            }
        });
        (port, written)
    }

    async fn pour(self, mut stream: TcpStream, written: Arc<AtomicUsize>) -> std::io::Result<()> {
        let mut request = [0; 4_096];
        let _ = stream.read(&mut request).await?;
        stream.write_all(self.head.as_bytes()).await?;
        for _ in 0..self.times {
            if !self.pause.is_zero() {
                tokio::time::sleep(self.pause).await;
            }
            stream.write_all(&self.piece).await?;
            written.fetch_add(self.piece.len(), Ordering::SeqCst);
        }
        stream.write_all(self.tail.as_bytes()).await?;
        // Whoever reads on waits.
        tokio::time::sleep(Duration::from_secs(86_400)).await;
        Ok(())
    }

    /// What one try makes of it, and how many bytes were taken.
    async fn meet(self) -> (Result<Answer, TransportError>, usize) {
        let (port, written) = self.serve();
        let transport = HttpTransport::new(None).unwrap();
        let limits = Limits { timeout: TIMEOUT, cap: SMALL_CAP };
        let result = transport.round_trip(&request(port), limits).await;
        drop(transport);
        (result, written.load(Ordering::SeqCst))
    }
}

fn request(port: u16) -> Request {
    Request {
        method: Method::GET,
        url: format!("http://127.0.0.1:{port}/").parse().unwrap(),
        headers: Vec::new(),
        body: None,
        own_connection: true,
        hidden: Vec::new(),
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

/// Heads without end, and where each of them could end and be taken.
fn heads() -> Vec<(&'static str, Flood, Flood)> {
    let end = "\r\ncontent-length: 2\r\n\r\n{}";
    let rows = [
        ("one header", format!("{OK}x-bomb: "), "a", 100_000, end),
        ("headers", OK.to_owned(), "x-bomb: aaaaaaaa\r\n", 90, "content-length: 2\r\n\r\n{}"),
        ("status line", "HTTP/1.1 200 ".to_owned(), "a", 1_000, end),
        ("chunk extension", format!("{CHUNKED}2;"), "a", 1_000, "\r\n{}\r\n0\r\n\r\n"),
        ("trailers", format!("{CHUNKED}2\r\n{{}}\r\n0\r\n"), "x-bomb: a\r\n", 10, "\r\n"),
    ];
    let row = |(name, head, piece, times, tail): (_, String, &str, usize, _)| {
        let ending = Flood { piece: piece.repeat(times).into(), ..Flood::without_end(&head, piece) };
        (name, Flood::without_end(&head, piece), ending.ending(1, tail))
    };
    rows.into_iter().map(row).collect()
}

#[tokio::test(start_paused = true)]
async fn a_head_without_end_is_left_behind_and_one_with_an_end_is_read() {
    let crowd = "x-bomb: a\r\n".repeat(101);
    let crowd = Flood { piece: crowd.into(), ..Flood::without_end(OK, "a") };
    let (result, _) = crowd.ending(1, "content-length: 2\r\n\r\n{}").meet().await;
    assert!(
        matches!(result, Err(TransportError::Interrupted(_))),
        "so many headers are not read: {result:?}"
    );
    for (name, endless, ending) in heads() {
        let (result, taken) = endless.meet().await;
        let Err(TransportError::Interrupted(why)) = result else { panic!("{name}: {result:?}") };
        assert!(!why.contains("nothing came"), "{name}: it was the size and not the time: {why}");
        assert!(taken < HEAD + ON_THE_WAY, "{name}: {taken} bytes were taken");
        println!("{name}: {taken} bytes, {why}");
        let (result, _) = ending.meet().await;
        assert_eq!(result.unwrap_or_else(|error| panic!("{name}: {error}")).body, b"{}", "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_without_end_is_left_behind_at_the_cap_and_one_below_it_is_read() {
    let open = Flood::without_end(&format!("{OK}connection: close\r\n\r\n"), "[");
    let chunk = format!("4000\r\n{}\r\n", "[".repeat(16 << 10));
    let chunked = Flood { piece: chunk.into(), ..Flood::without_end(CHUNKED, "[") };
    for (name, endless) in [("no length", open), ("chunked", chunked.clone())] {
        let (result, taken) = endless.meet().await;
        assert!(matches!(result, Err(TransportError::Unacceptable(_))), "{name}: {result:?}");
        assert!(taken < SMALL_CAP + ON_THE_WAY, "{name}: {taken} bytes were taken");
    }
    let most = SMALL_CAP / (16 << 10);
    let (result, _) = chunked.ending(most, "0\r\n\r\n").meet().await;
    assert_eq!(result.unwrap().body.len(), SMALL_CAP);
    // A length is believed at once where it is too large, and makes no room by itself where it is not.
    let claimed = |length: usize| Flood::without_end(&format!("{OK}content-length: {length}\r\n\r\n"), "[");
    let (result, taken) = claimed(1 << 40).meet().await;
    assert!(matches!(result, Err(TransportError::Unacceptable(_))), "{result:?}");
    assert!(taken < ON_THE_WAY, "{taken} bytes were taken");
    let (result, _) = claimed(SMALL_CAP).meet().await;
    assert_eq!(result.unwrap().body.len(), SMALL_CAP);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_trickles_ends_with_the_time_of_the_try() {
    let body = format!("{OK}content-length: 100\r\n\r\n");
    let rows = [
        ("head", Flood::trickle(OK, "a", ": b\r\ncontent-length: 2\r\n\r\n{}")),
        ("body", Flood::trickle(&body, "a", "")),
        ("chunks", Flood::trickle(CHUNKED, "1\r\na\r\n", "0\r\n\r\n")),
        (
            "100 Continue",
            Flood::trickle(
                "",
                "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            ),
        ),
    ];
    for (name, trickle) in rows {
        let piece = trickle.piece.len();
        let begun = tokio::time::Instant::now();
        let (result, taken) = trickle.clone().meet().await;
        let Err(TransportError::Interrupted(why)) = result else { panic!("{name}: {result:?}") };
        assert_eq!(why, "nothing came within 30000 ms", "{name}");
        assert!(begun.elapsed() < TIMEOUT + Duration::from_secs(1) && taken <= 31 * piece, "{name}: {taken}");
        let (result, _) =
            trickle.clone().ending(if name == "body" { 100 } else { 20 }, trickle.tail).meet().await;
        // A hundred bytes at one a second are too slow, twenty pieces are not.
        assert_eq!(result.is_ok(), name != "body", "{name}: {result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_interim_answers_keeps_nothing_and_ends_with_the_time_of_the_try() {
    let storm = Flood::without_end("", "HTTP/1.1 100 Continue\r\n\r\n");
    let storm = Flood { times: 256, ..storm };
    let (result, _) = storm.clone().meet().await;
    assert!(matches!(result, Err(TransportError::Interrupted(_))), "{result:?}");
    let (result, _) = storm.ending(256, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").meet().await;
    assert_eq!(result.unwrap().body, b"{}", "interim answers are no answer");
}

/// A hundred thousand zeros, as gzip.
const GZIP: [u8; 132] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00,
    0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x80, 0x57, 0x03, 0x7d, 0x95, 0x11, 0xd4, 0xa0, 0x86, 0x01, 0x00,
];

#[tokio::test(start_paused = true)]
async fn what_is_compressed_is_never_taken_and_never_unpacked() {
    let length = GZIP.len();
    for encoding in [
        "gzip",
        "GZIP",
        "x-gzip",
        "deflate",
        "br",
        "zstd",
        "gzip, gzip",
        "identity, gzip",
        "gzip, identity",
        "",
        "identity\r\ncontent-encoding: gzip",
    ] {
        let head = format!("{OK}content-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n");
        let bomb = Flood { piece: GZIP.to_vec(), ..Flood::without_end(&head, "a") };
        let (result, _) = bomb.ending(1, "").meet().await;
        let Err(TransportError::Unacceptable(why)) = result else { panic!("`{encoding}`: {result:?}") };
        assert!(why.contains("compressed"), "{why}");
    }
    // Without the header the same bytes are bytes, whatever they look like.
    for header in ["", "content-encoding: identity\r\n", "content-type: application/gzip\r\n"] {
        let head = format!("{OK}{header}content-length: {length}\r\n\r\n");
        let bomb = Flood { piece: GZIP.to_vec(), ..Flood::without_end(&head, "a") };
        assert_eq!(bomb.ending(1, "").meet().await.0.unwrap().body, GZIP, "{header}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_create_every_bomb_is_unknown_and_one_request() {
    for (name, endless, _) in heads() {
        let (port, _) = endless.serve();
        let error = channel().send(call(Nature::Once, port)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Unavailable, Effect::Unknown),
            "{name}: {error}"
        );
    }
    let (result, seen) = send(Nature::Once, vec![answer(200, "content-encoding: br\r\n", "x")]).await;
    assert_eq!((result.unwrap_err().effect(), seen.requests.len()), (Effect::Unknown, 1));
    let scripted = Scripted::start(vec![answer(200, "", "{}")]).await;
    assert!(channel().send(call(Nature::Once, scripted.port)).await.is_ok());
}
