//! Executions in blocks: each block starts from the corpus, and keeps what ended like nothing before it.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use vmbroker_tests::fuzz::corpus::{self, Seed};
use vmbroker_tests::fuzz::mutate::Mutator;
use vmbroker_tests::fuzz::{Mark, Run, Target};

use crate::execute::execute;
use crate::shrink::shrunk;

/// How many executions follow from each other: as many must be made again to tell one of them again.
pub(crate) const BLOCK: u64 = 256;

/// Is told of each input, what it came to, and the processor's time in nanoseconds.
pub(crate) type Told<'a> = &'a mut dyn FnMut(&[u8], (Mark, u64));

/// A target with all that its inputs are made of.
pub(crate) struct Ground {
    pub(crate) target: Target,
    pub(crate) seeds: Vec<Seed>,
    words: Vec<Vec<u8>>,
}

/// An execution that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    target: &'static str,
    seed: u64,
    /// Absent: a file of the corpus, unchanged.
    run: Option<u64>,
    pub(crate) said: String,
    input: Vec<u8>,
}

impl Ground {
    pub(crate) fn new(target: Target) -> Self {
        let seeds = corpus::of(&target);
        let words = corpus::words(&seeds);
        Self { target, seeds, words }
    }

    /// Runs the corpus as it is.
    pub(crate) fn corpus(&self, run: Run) -> Result<Vec<(Mark, u64)>, Failure> {
        let one = |seed: &Seed| match execute(run, &seed.bytes) {
            (Ok(mark), nanos) => Ok((mark, nanos)),
            (Err(said), _) => {
                let said = format!("{}: {said}", seed.name);
                Err(self.failure(0, None, said, seed.bytes.clone()))
            }
        };
        self.seeds.iter().map(one).collect()
    }

    /// Makes the first `most` executions of a block; `told` is told of each.
    pub(crate) fn block(&self, seed: u64, number: u64, most: u64, told: Told<'_>) -> Result<(), Failure> {
        self.block_of(self.target.run, seed, number, most, told)
    }

    /// The same of anything else that reads such inputs.
    pub(crate) fn block_of(
        &self,
        run: Run,
        seed: u64,
        number: u64,
        most: u64,
        told: Told<'_>,
    ) -> Result<(), Failure> {
        let mut hasher = DefaultHasher::new();
        (seed, self.target.name, number).hash(&mut hasher);
        let mut mutator = Mutator::new(&self.seeds, &self.words, hasher.finish());
        let (mut found, mut marks) = (Vec::new(), HashSet::new());
        for index in 0..most {
            let input = mutator.next(&found);
            match execute(run, &input) {
                (Err(said), _) => {
                    let input = shrunk(run, input, &said);
                    return Err(self.failure(seed, Some(number * BLOCK + index), said, input));
                }
                (Ok(mark), nanos) => {
                    told(&input, (mark, nanos));
                    // A long input would slow down all that are made of it.
                    if marks.insert(mark) && input.len() < 64 << 10 {
                        found.push(Seed::new("found", input));
                    }
                }
            }
        }
        Ok(())
    }

    fn failure(&self, seed: u64, run: Option<u64>, said: String, input: Vec<u8>) -> Failure {
        Failure { target: self.target.name, seed, run, said, input }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, seed, run, said, input } = self;
        writeln!(f, "{target}: {said}")?;
        if let Some(run) = run {
            writeln!(
                f,
                "again: cargo test -p vmbroker-tests --test fuzz -- --target {target} --seed {seed} --run {run}"
            )?;
        }
        let kept = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{target}"));
        if std::fs::write(&kept, input).is_ok() {
            writeln!(f, "the input, made smaller where it could be, is kept as {}:", kept.display())?;
        }
        write!(f, "{}", input[..input.len().min(1_500)].escape_ascii())
    }
}
