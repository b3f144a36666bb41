//! Looking at machines: the list holds them all, so one call is a whole round.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use vmbroker_core::{Error, ErrorKind, Handle, Marker, Observation, Result, Retry, State};
use vmbroker_http::{Call, Method, Nature};

use super::Fluence;
use crate::convert;
use crate::error::operation;
use crate::wire::{self, BriefStatus};

/// From how many machines on the list is so much longer than a few states that asking for those first pays.
const LONG_LIST: usize = 200;
/// The most ids that go into one URL: 40 of 43 characters each stay below 2 KiB.
const MOST_IDS_IN_A_URL: usize = 40;

impl Fluence {
    pub(super) async fn look(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        if handles.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(observations) = self.brief_look(handles).await {
            return Ok(observations);
        }
        let listing = self.listing(operation::STATUS).await?;
        let at = listing.at();
        let has_nameless = listing.instances().iter().any(|it| it.handle.id().is_empty());
        let mut seen: Vec<Option<Observation>> = Vec::new();
        seen.resize_with(handles.len(), || None);
        let asked = Asked::of(handles);
        let mut key = String::new();
        for instance in listing.into_instances() {
            let Some(places) = asked.places(&instance.handle, instance.marker, &mut key) else { continue };
            let mut instance = Some(instance);
            for (index, place) in places.iter().enumerate() {
                let last = index + 1 == places.len();
                let one = if last { instance.take() } else { instance.clone() };
                seen[*place] = one.map(|one| Observation::of_instance(handles[*place].clone(), one, at));
            }
        }
        if has_nameless && seen.iter().any(Option::is_none) {
            return Err(self.nameless(operation::STATUS));
        }
        let absent = |(handle, seen): (&Handle, Option<Observation>)| {
            seen.unwrap_or_else(|| Observation::not_found(handle.clone(), at))
        };
        Ok(handles.iter().zip(seen).map(absent).collect())
    }

    /// A row without an id may be any machine: with one in it, a list does not prove that another is absent.
    pub(super) fn nameless(&self, operation: &'static str) -> Error {
        let error = Error::new(ErrorKind::Protocol, "a row of the list came without an id that can be read");
        error.with_retry(Retry::Backoff).at(&self.id, operation)
    }

    /// Where a few machines of a large account are still being launched: their states alone, without the list.
    /// Absent where the list must be read: it alone has a machine's details, and proves absence.
    async fn brief_look(&self, handles: &[Handle]) -> Option<Vec<Observation>> {
        let path = self.config.contract.brief_status()?;
        let launching = |handle: &Handle| {
            let state = handle.last_seen.is_none_or(|seen| seen.state == State::Provisioning);
            let id = handle.id();
            state && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let pays = self.rows_seen.load(Ordering::Relaxed) >= LONG_LIST && handles.len() <= MOST_IDS_IN_A_URL;
        if !pays || self.no_brief_status.load(Ordering::Relaxed) || !handles.iter().all(launching) {
            return None;
        }
        let mut url = self.url(operation::STATUS, path).ok()?;
        let ids: Vec<&str> = handles.iter().map(Handle::id).collect();
        url.set_query(Some(&format!("ids={}", ids.join(","))));
        let reply =
            match self.channel.send(Call::new(operation::STATUS, Nature::Read, Method::GET, url)).await {
                Ok(reply) => reply,
                Err(error) => {
                    // Refused for good: the list tells all the same.
                    self.no_brief_status.fetch_or(error.retry() == Retry::Never, Ordering::Relaxed);
                    return None;
                }
            };
        let at = self.channel.clock().now();
        let rows: Vec<Option<BriefStatus>> = wire::rows(&reply, Some, |_, _| None).ok()?;
        let asked = Asked::of(handles);
        let mut words: Vec<Option<String>> = vec![None; handles.len()];
        let mut key = String::new();
        for row in rows.into_iter().flatten() {
            let (Some(id), Some(word)) = (row.id, row.status) else { continue };
            for place in asked.by_id(&id, &mut key).into_iter().flatten() {
                words[*place] = Some(word.clone());
            }
        }
        let observe = |(handle, word): (&Handle, Option<String>)| {
            let word = word.filter(|word| convert::state(word) == State::Provisioning)?;
            Some(Observation::found(handle.clone(), at, State::Provisioning, word))
        };
        handles.iter().zip(words).map(observe).collect()
    }
}

/// At which places each machine was asked for: by its id without letter case, or, without one, by its marker.
struct Asked {
    by_id: HashMap<String, Vec<usize>>,
    by_marker: HashMap<Marker, Vec<usize>>,
}

impl Asked {
    fn of(handles: &[Handle]) -> Self {
        let mut asked = Self { by_id: HashMap::with_capacity(handles.len()), by_marker: HashMap::new() };
        for (place, handle) in handles.iter().enumerate() {
            if !handle.id().is_empty() {
                asked.by_id.entry(handle.id().to_ascii_lowercase()).or_default().push(place);
            } else if let Some(marker) = handle.marker {
                asked.by_marker.entry(marker).or_default().push(place);
            }
        }
        asked
    }

    fn by_id(&self, id: &str, key: &mut String) -> Option<&Vec<usize>> {
        key.clear();
        key.push_str(id);
        key.make_ascii_lowercase();
        self.by_id.get(key.as_str())
    }

    fn places(&self, handle: &Handle, marker: Option<Marker>, key: &mut String) -> Option<&Vec<usize>> {
        self.by_id(handle.id(), key).or_else(|| self.by_marker.get(&marker?))
    }
}
