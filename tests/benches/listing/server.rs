//! The process that serves the canned answers, and its parent's hold on it.
//!
//! It shares two cores with what is measured, so it does next to nothing: an answer is built once, header and body go
//! out in one write, and each connection has a thread that sleeps to the microsecond where a timer wheel would round to
//! the next millisecond.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cpu_time::ProcessTime;

use crate::canned::Canned;

/// A process that serves the canned answers, ended with this value.
pub(crate) struct Served {
    child: Child,
    pub(crate) base: String,
}

impl Served {
    pub(crate) fn start(delay: Duration) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--serve", &delay.as_millis().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, base: format!("http://127.0.0.1:{}", line.trim()) }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU time that the server at this address has used so far.
pub(crate) fn cpu_of(base: &str) -> Duration {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"GET /cpu HTTP/1.1\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    Duration::from_nanos(answer.lines().last().unwrap().parse().unwrap())
}

/// Serves until it is killed; prints the port first.
pub(crate) fn serve(delay: Duration) {
    let canned = Arc::new(Canned::new());
    let start = ProcessTime::now();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    for stream in listener.incoming() {
        let canned = Arc::clone(&canned);
        std::thread::spawn(move || answer_all(stream.unwrap(), &canned, delay, start));
    }
}

/// Answers the requests of one connection, one after the other.
fn answer_all(stream: TcpStream, canned: &Canned, delay: Duration, start: ProcessTime) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some((target, body)) = read_request(&mut reader) {
        if target == "/cpu" {
            let used = start.elapsed().as_nanos();
            writer.write_all(format!("HTTP/1.1 200 OK\r\n\r\n{used}").as_bytes()).unwrap();
            return;
        }
        let answer = canned.answer(&target, &body);
        std::thread::sleep(delay);
        // A client that has gone away ends its own connection only.
        if writer.write_all(&answer).is_err() {
            return;
        }
    }
}

/// The target and the body of the next request; absent where the connection has ended.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let target = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((target, body))
}
