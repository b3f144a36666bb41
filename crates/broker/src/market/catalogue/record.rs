//! What is written down of one account, in files where there is a folder, in memory where there is none. Blocking.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use vmbroker_core::ProviderId;

use super::files::CacheFile;
use super::shelf::Notes;
use crate::market::PriceHistory;
use crate::market::history;
use crate::market::snapshot::{Read, Snapshot, Written};

#[derive(Debug)]
pub(super) struct Record {
    account: ProviderId,
    place: Place,
    notes: Notes,
}

#[derive(Debug)]
enum Place {
    /// Snapshots are on the shelf anyway.
    Memory(Mutex<Vec<PriceHistory>>),
    Files {
        offers: CacheFile,
        history: CacheFile,
    },
}

impl Record {
    pub(super) fn new(account: &ProviderId, folder: Option<&Path>, notes: Notes) -> Self {
        let file = |folder, holds| CacheFile::new(folder, holds, account);
        let place = folder.map_or(Place::Memory(Mutex::default()), |folder| Place::Files {
            offers: file(folder, "offers"),
            history: file(folder, "history"),
        });
        Self { account: account.clone(), place, notes }
    }

    /// What earlier processes observed.
    pub(super) fn snapshots(&self) -> Vec<Snapshot> {
        let Place::Files { offers, .. } = &self.place else { return Vec::new() };
        let (read, note) = offers.read::<Vec<Read>>();
        self.notes.add(note);
        read.into_iter().flatten().map(|read| read.into_snapshot(&self.account)).collect()
    }

    /// How prices moved, of all offers.
    pub(super) fn histories(&self) -> Vec<PriceHistory> {
        match &self.place {
            Place::Memory(histories) => histories.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Place::Files { history, .. } => {
                let (read, note) = history.read();
                self.notes.add(note);
                read.unwrap_or_default()
            }
        }
    }

    /// Writes down a new observation: all that still serve in place of those written before, and what is new in it to
    /// the history.
    pub(super) fn write(&self, young: &[Arc<Snapshot>], new: &Snapshot) {
        match &self.place {
            Place::Memory(histories) => {
                history::record(&mut histories.lock().unwrap_or_else(PoisonError::into_inner), new);
            }
            Place::Files { offers, history } => {
                let snapshots: Vec<Written<'_>> = young.iter().map(|it| Written::from(&**it)).collect();
                self.notes.add(offers.write(&snapshots).err());
                self.remember(history, new);
            }
        }
    }

    fn remember(&self, file: &CacheFile, new: &Snapshot) {
        // Another process that writes now observed the same prices; if not, the next observation finds the change.
        let _held = match file.lock() {
            Ok(Some(held)) => held,
            Ok(None) => return,
            Err(refused) => return self.notes.add(Some(format!("the history is not kept: {refused}"))),
        };
        let mut histories = self.histories();
        if history::record(&mut histories, new) {
            self.notes.add(file.write(&histories).err());
        }
    }
}
