//! What stands between an account and its simulated cloud: it sees every request, and may answer in the cloud's place,
//! change what the cloud answers, or speak TLS for it.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The first line.
    pub(crate) line: String,
    /// The lines after it, up to the empty one.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// Everything that was sent, for looking a secret up in it.
    pub(crate) fn text(&self) -> String {
        format!("{}\r\n{}\r\n\r\n{}", self.line, self.head, String::from_utf8_lossy(&self.body))
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}\r\n{}\r\nconnection: close\r\n\r\n", self.line, self.head).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// What is done with one request.
pub(crate) enum Act {
    /// The cloud answers.
    Pass,
    /// The cloud answers, and this is done to the body of it.
    Change(Change),
    /// This is the whole answer, to the byte; the connection is closed after it.
    Say(Vec<u8>),
}

/// What becomes of a body.
type Change = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

type Meddle = Arc<dyn Fn(&Asked) -> Act + Send + Sync>;

/// It, on a port of its own.
#[derive(Clone)]
pub(crate) struct Front {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Asked>>>,
    meddle: Arc<Mutex<Meddle>>,
    _task: Arc<Ended>,
}

/// A task that ends with the last clone.
struct Ended(JoinHandle<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Front {
    /// Passes everything on to this cloud.
    pub(crate) async fn of(cloud: &str) -> Self {
        Self::start(cloud, None).await
    }

    /// The same, behind TLS.
    pub(crate) async fn start(cloud: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let pass: Meddle = Arc::new(|_| Act::Pass);
        let (seen, meddle) = (Arc::default(), Arc::new(Mutex::new(pass)));
        let parts = (
            cloud.strip_prefix("http://").unwrap_or(cloud).to_owned(),
            Arc::clone(&seen),
            Arc::clone(&meddle),
        );
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (cloud, seen, meddle) = parts.clone();
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &cloud, &seen, &meddle).await,
                        // Who does not believe the certificate says nothing that could be noted.
                        Some(tls) => serve(tls.accept(stream).await?, &cloud, &seen, &meddle).await,
                    }
                });
            }
        });
        Self { port, seen, meddle, _task: Arc::new(Ended(task)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Does this with each request from now on.
    pub(crate) fn meddle(&self, meddle: impl Fn(&Asked) -> Act + Send + Sync + 'static) {
        *self.meddle.lock().unwrap() = Arc::new(meddle);
    }

    /// Every request that arrived.
    pub(crate) fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }

    /// Forgets what arrived.
    pub(crate) fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }

    /// Whether this text is anywhere in what arrived.
    pub(crate) fn saw(&self, text: &str) -> bool {
        self.seen().iter().any(|asked| asked.text().contains(text))
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    cloud: &str,
    seen: &Mutex<Vec<Asked>>,
    meddle: &Mutex<Meddle>,
) -> io::Result<()> {
    while let Some(asked) = read(&mut stream).await? {
        seen.lock().unwrap().push(asked.clone());
        let meddle = Arc::clone(&meddle.lock().unwrap());
        match meddle(&asked) {
            Act::Say(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Act::Pass => stream.write_all(&pass(cloud, &asked, |body| body.to_vec()).await?).await?,
            Act::Change(change) => stream.write_all(&pass(cloud, &asked, change).await?).await?,
        }
    }
    Ok(())
}

/// What the cloud answers, with its body changed.
async fn pass(cloud: &str, asked: &Asked, change: impl Fn(&[u8]) -> Vec<u8>) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(cloud).await?;
    stream.write_all(&asked.bytes()).await?;
    let mut whole = Vec::new();
    stream.read_to_end(&mut whole).await?;
    let Some(end) = end_of_head(&whole) else { return Ok(whole) };
    let head = String::from_utf8_lossy(&whole[..end]).into_owned();
    let body = change(&whole[end + 4..]);
    let kept = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().to_lowercase();
        !["connection", "content-length"].contains(&name.as_str())
    };
    let kept: Vec<&str> = head.split("\r\n").filter(kept).collect();
    let mut answer = format!("{}\r\ncontent-length: {}\r\n\r\n", kept.join("\r\n"), body.len()).into_bytes();
    answer.extend_from_slice(&body);
    Ok(answer)
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8_192];
    loop {
        if let Some(end) = end_of_head(&bytes) {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let (line, head) = head.split_once("\r\n").unwrap_or((&head, ""));
            let lower = head.to_lowercase();
            let length =
                lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                let body = bytes[end + 4..].to_vec();
                return Ok(Some(Asked { line: origin_form(line), head: head.to_owned(), body }));
            }
        }
        match stream.read(&mut chunk).await? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// The request line as a cloud wants it; a proxy is told the whole URL.
fn origin_form(line: &str) -> String {
    let Some((method, rest)) = line.split_once(' ') else { return line.to_owned() };
    match rest.split_once("://").and_then(|(_, rest)| rest.split_once('/')) {
        Some((_, path)) if rest.starts_with("http") => format!("{method} /{path}"),
        _ => line.to_owned(),
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n")
}

/// A port that notes whatever comes, and answers nothing but an empty object.
pub(crate) struct Trap {
    pub(crate) port: u16,
    caught: Arc<Mutex<Vec<u8>>>,
    connections: Arc<Mutex<usize>>,
    _task: Ended,
}

impl Trap {
    pub(crate) async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (caught, connections) = (Arc::<Mutex<Vec<u8>>>::default(), Arc::<Mutex<usize>>::default());
        let (bytes, count) = (Arc::clone(&caught), Arc::clone(&connections));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                *count.lock().unwrap() += 1;
                let bytes = Arc::clone(&bytes);
                tokio::spawn(async move {
                    let mut chunk = [0; 8_192];
                    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
                        bytes.lock().unwrap().extend_from_slice(&chunk[..read]);
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                    }
                });
            }
        });
        Self { port, caught, connections, _task: Ended(task) }
    }

    /// How many came, and what they said.
    pub(crate) async fn caught(&self) -> (usize, String) {
        // What is on its way arrives: this much time is simulated, or none.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let bytes = self.caught.lock().unwrap().clone();
        (*self.connections.lock().unwrap(), String::from_utf8_lossy(&bytes).into_owned())
    }
}
