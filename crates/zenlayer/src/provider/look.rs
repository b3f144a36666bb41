//! Looking at machines: a hundred ids a call, and none hidden by another that the provider does not know.

use std::collections::{BTreeSet, HashMap};

use vmbroker_core::{ErrorKind, Handle, Instance, Listing, Observation, Pages, Result};
use vmbroker_http::fetch_pages;

use super::Zenlayer;
use super::api::{Action, Filter, Rows};
use crate::convert;

/// The most ids of one call.
pub(super) const MOST_IDS: usize = 100;
/// The most rows of one page.
const PAGE_SIZE: usize = 1_000;
/// How often a list that does not add up is read again.
const READ_AGAIN: usize = 2;
/// Of so many new machines that a call did not find, all are looked up in a list instead of one by one.
const WORTH_A_LIST: usize = 4;

/// Why an answer with such a row proves nothing of machines that are not in it.
pub(super) const UNREADABLE: &str = "a row came without an id that can be read";

/// What a call for some ids told.
enum Told {
    Instances(Vec<Instance>),
    /// One of them at least is not known: ask for these apart.
    Apart(Vec<Vec<String>>),
    /// The only one asked for is not known.
    Unknown,
    /// None of these new machines need be known yet: a list tells which are.
    List(Vec<String>),
}

impl Zenlayer {
    /// One observation for each handle, in order.
    pub(super) async fn look(&self, handles: &[Handle]) -> Result<Vec<Observation>> {
        let seen: BTreeSet<&str> =
            handles.iter().filter(|handle| handle.last_seen.is_some()).filter_map(instance_id).collect();
        let new: BTreeSet<&str> =
            handles.iter().filter_map(instance_id).filter(|id| !seen.contains(id)).collect();
        // Those never seen stand together: they are the ones that may spoil a call.
        let ids: Vec<String> = seen.iter().chain(&new).map(|id| (*id).to_owned()).collect();
        let mut found: HashMap<String, Instance> = HashMap::with_capacity(ids.len());
        let mut doubtful: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<Vec<String>> = ids.chunks(MOST_IDS).map(<[String]>::to_vec).collect();
        while !open.is_empty() {
            let told = fetch_pages(std::mem::take(&mut open), |ids| self.ask_for(ids, &new)).await?;
            for told in told {
                match told {
                    Told::Instances(instances) => found.extend(instances.into_iter().filter_map(|it| {
                        let id = it.handle.instance.clone()?;
                        Some((id, it))
                    })),
                    Told::Apart(parts) => open.extend(parts),
                    Told::Unknown => {}
                    Told::List(ids) => doubtful.extend(ids),
                }
            }
        }
        if !doubtful.is_empty() {
            let listed = self.list_all("status").await?.into_instances();
            if listed.iter().any(|it| instance_id(&it.handle).is_none()) {
                return Err(self.api.incomplete("status", ErrorKind::Protocol, UNREADABLE));
            }
            found.extend(listed.into_iter().filter_map(|it| {
                let id = it.handle.instance.clone().filter(|id| doubtful.contains(id))?;
                Some((id, it))
            }));
        }
        let at = self.api.channel.clock().now();
        let observe = |handle: &Handle| match instance_id(handle).and_then(|id| found.get(id)) {
            Some(instance) => Observation::of_instance(handle.clone(), instance.clone(), at),
            None => Observation::not_found(handle.clone(), at),
        };
        Ok(handles.iter().map(observe).collect())
    }

    async fn ask_for(&self, ids: Vec<String>, new: &BTreeSet<&str>) -> Result<Told> {
        let wanted: Vec<&str> = ids.iter().map(String::as_str).collect();
        let filter = Filter { instance_ids: Some(&wanted), page_size: MOST_IDS, ..Filter::default() };
        let action = Action::read("DescribeInstances", "status");
        let mut places = self.catalogue.places();
        let instance = |number, row| convert::instance(row, number, self.api.channel.provider(), &mut places);
        let pages = match self.api.pages::<convert::Listed, _>(action, filter, instance).await {
            Ok(pages) => pages,
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Err(_) if ids.len() == 1 => return Ok(Told::Unknown),
            Err(error) => {
                let (named, others): (Vec<String>, Vec<String>) =
                    ids.iter().cloned().partition(|id| error.message().contains(id.as_str()));
                return Ok(split(ids, named, others, new));
            }
        };
        let got: usize = pages.iter().map(|page| page.rows.len()).sum();
        if let Some(complaint) = missing(&pages, got) {
            return Err(self.api.incomplete("status", ErrorKind::Unavailable, &complaint));
        }
        let instances: Vec<Instance> = pages.into_iter().flat_map(|page| page.rows).collect();
        // It may be one of those asked for: what is not among the others is not known to be absent.
        if instances.iter().any(|it| instance_id(&it.handle).is_none()) {
            return Err(self.api.incomplete("status", ErrorKind::Protocol, UNREADABLE));
        }
        Ok(Told::Instances(instances))
    }

    /// Every machine of the account.
    pub(super) async fn list_all(&self, operation: &'static str) -> Result<Listing> {
        let mut again = READ_AGAIN;
        loop {
            match self.read_list(operation).await?.finish(self.api.channel.clock().now()) {
                Ok(listing) => return Ok(listing),
                Err(error) if again == 0 => return Err(error.at(self.api.channel.provider(), operation)),
                Err(_) => again -= 1,
            }
        }
    }

    async fn read_list(&self, operation: &'static str) -> Result<Pages> {
        let filter = Filter { page_size: PAGE_SIZE, ..Filter::default() };
        let action = Action::read("DescribeInstances", operation);
        let mut places = self.catalogue.places();
        let instance = |number, row| convert::instance(row, number, self.api.channel.provider(), &mut places);
        let mut pages = self.api.pages::<convert::Listed, _>(action, filter, instance).await?;
        if pages.iter().any(|page| page.total.is_none()) {
            let complaint = "the list does not say how many machines there are";
            return Err(self.api.incomplete(operation, ErrorKind::Protocol, complaint));
        }
        self.name_places(&mut pages).await;
        let mut gathered = Pages::with_capacity(pages.iter().map(|page| page.rows.len()).sum());
        let last = pages.len();
        for (number, page) in (1..).zip(pages) {
            gathered.add(page.rows, 0, page.total, number == last);
        }
        Ok(gathered)
    }

    /// Names the cities of zones that our own table does not have. That they stay unnamed is no failure.
    async fn name_places(&self, pages: &mut [Rows<Instance>]) {
        let nameless = |it: &&mut Instance| {
            it.location.city.is_none() && it.location.zone.as_deref().is_some_and(|id| !id.is_empty())
        };
        if pages.iter_mut().flat_map(|page| &mut page.rows).all(|it| !nameless(&it)) {
            return;
        }
        if let Err(error) = self.catalogue.learn_places(&self.api).await {
            tracing::debug!(target: "vmbroker::zenlayer", %error, "the zones could not be named");
            return;
        }
        let mut places = self.catalogue.places();
        for it in pages.iter_mut().flat_map(|page| &mut page.rows).filter(nameless) {
            it.location = places.find(it.location.zone.take());
        }
    }
}

/// The id by which a machine is asked for. An order's handle has none, and a row that could not be read has none
/// that the provider knows.
pub(super) fn instance_id(handle: &Handle) -> Option<&str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    handle.instance.as_deref().filter(|id| !id.is_empty() && id.bytes().all(fits))
}

/// What the pages of one answer miss.
pub(super) fn missing<T>(pages: &[Rows<T>], got: usize) -> Option<String> {
    match pages.iter().map(|page| page.total).max().flatten() {
        None => Some("the answer does not say how many machines it tells of".to_owned()),
        Some(total) if got < total => Some(format!("{got} of {total} machines came")),
        Some(_) => None,
    }
}

/// How to ask for ids apart of which one at least is not known: the ones that the refusal names, else the new ones,
/// else one half.
fn split(ids: Vec<String>, named: Vec<String>, others: Vec<String>, new: &BTreeSet<&str>) -> Told {
    if !named.is_empty() && !others.is_empty() {
        return Told::Apart(vec![named, others]);
    }
    let (fresh, seen): (Vec<String>, Vec<String>) = ids.into_iter().partition(|id| new.contains(id.as_str()));
    if !fresh.is_empty() && !seen.is_empty() {
        return Told::Apart(vec![fresh, seen]);
    }
    if fresh.len() > WORTH_A_LIST {
        return Told::List(fresh);
    }
    let mut first = if fresh.is_empty() { seen } else { fresh };
    let second = first.split_off(first.len() / 2);
    Told::Apart(vec![first, second])
}
