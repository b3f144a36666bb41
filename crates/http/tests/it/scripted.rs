//! A listener that answers each connection or request from a script, byte by byte.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What to do with one request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Answers with exactly these bytes and keeps the connection.
    Say(String),
    /// Answers with these bytes and closes.
    SayAndClose(String),
    /// Closes without a byte.
    Close,
    /// Never answers.
    Hang,
}

/// A status line, headers and a body with its true length.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> Act {
    Act::Say(format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len()))
}

/// What the listener saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) connections: usize,
    pub(crate) requests: Vec<String>,
}

pub(crate) struct Scripted {
    pub(crate) port: u16,
    seen: Arc<Mutex<Seen>>,
}

impl Scripted {
    /// Plays the acts in order over all connections; the last one for ever.
    pub(crate) async fn start(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(play(stream, acts.clone(), shared.clone()));
            }
        });
        Self { port, seen }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }
}

async fn play(mut stream: tokio::net::TcpStream, acts: Vec<Act>, seen: Arc<Mutex<Seen>>) {
    while let Some(request) = read_request(&mut stream).await {
        let act = {
            let mut seen = seen.lock().unwrap();
            seen.requests.push(request);
            acts[(seen.requests.len() - 1).min(acts.len() - 1)].clone()
        };
        match act {
            Act::Say(bytes) => stream.write_all(bytes.as_bytes()).await.unwrap_or_default(),
            Act::SayAndClose(bytes) => {
                stream.write_all(bytes.as_bytes()).await.unwrap_or_default();
                return;
            }
            Act::Close => return,
            Act::Hang => tokio::time::sleep(Duration::from_secs(86_400)).await,
        }
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return Some(text);
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
