//! What an execution came to.

use std::hash::{DefaultHasher, Hash, Hasher};

/// What an execution came to: the same number for the same end. An input that ends like none before it is worth
/// changing further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Whether the input was taken for what it ought to be, or refused.
    pub taken: bool,
    /// How it ended.
    pub like: u64,
}

impl Mark {
    /// The input was taken.
    #[must_use]
    pub const fn taken() -> Self {
        Self { taken: true, like: 0 }
    }

    /// The input was refused.
    #[must_use]
    pub const fn refused() -> Self {
        Self { taken: false, like: 0 }
    }

    /// Taken or refused.
    #[must_use]
    pub const fn of(taken: bool) -> Self {
        Self { taken, like: 0 }
    }

    /// The same end, told apart by this too. What grows with the input does not belong here.
    #[must_use]
    pub fn and(self, what: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (self.like, what).hash(&mut hasher);
        Self { like: hasher.finish(), ..self }
    }

    /// The same end, told apart by the beginning of a sentence: what is quoted in it, and figures, do not count.
    #[must_use]
    pub fn and_words(self, sentence: &str) -> Self {
        let mut quoted = false;
        let words = sentence.bytes().take(160).filter(|byte| {
            quoted ^= *byte == b'`';
            !quoted && byte.is_ascii_lowercase()
        });
        self.and(words.take(40).collect::<Vec<u8>>())
    }
}
