//! What was logged, kept to be looked through.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// A log kept in memory: for the test that a secret is in no line of it. A clone is the same log.
///
/// With `tracing_subscriber`: `fmt().with_writer(move || log.clone())`.
#[derive(Clone, Debug, Default)]
pub struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl LogBuffer {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that was logged so far; bytes that are no text are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn all_clones_write_into_one_log() {
        let log = LogBuffer::new();
        write!(log.clone(), "one").unwrap();
        log.clone().write_all(b" \xff").unwrap();
        assert_eq!(log.text(), "one \u{fffd}");
    }
}
