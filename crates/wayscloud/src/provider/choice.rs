//! Which project, offering and plan are used where the account does not say: the only one there is, or an error
//! that names those that could be meant. What was chosen is kept until an order is refused.

use std::collections::HashSet;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use vmbroker_core::{Error, ErrorKind, Result, clip, printable};

use super::api::{Api, Pages, Pair};
use crate::config::{Config, Dialect, is_uuid};
use crate::wire::{self, plain_uuid, same_uuid};

/// What Waldur calls an offering of virtual machines.
pub(super) const VIRTUAL_MACHINES: &str = "OpenStack.Instance";

/// How many of those that could be meant an error names.
const MOST_NAMED: usize = 5;
/// The longest name that an error shows, in characters.
const LONGEST_NAME: usize = 60;

/// What was chosen so far.
#[derive(Debug, Default)]
pub(super) struct Choices {
    project: Chosen,
    offering: Chosen,
    plan: Chosen,
}

/// One choice. Whoever asks first asks for all that wait; a failure is not kept. The look-up is boxed: it is rare, and
/// every call would carry it.
#[derive(Debug, Default)]
struct Chosen(tokio::sync::Mutex<Option<String>>);

/// Something that could be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Candidate {
    /// Absent where it cannot be read: such a one is never taken, and never overlooked.
    id: Option<String>,
    name: String,
}

impl Chosen {
    async fn get(&self, ask: BoxFuture<'_, Result<String>>) -> Result<String> {
        let mut slot = self.0.lock().await;
        if let Some(chosen) = &*slot {
            return Ok(chosen.clone());
        }
        let chosen = ask.await?;
        *slot = Some(chosen.clone());
        Ok(chosen)
    }

    async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl Choices {
    pub(super) async fn forget(&self) {
        self.project.forget().await;
        self.offering.forget().await;
        self.plan.forget().await;
    }

    /// The project that machines are ordered for.
    pub(super) async fn project(&self, api: &Api, config: &Config) -> Result<String> {
        if let Some(project) = &config.project {
            return Ok(project.clone());
        }
        let project = self.project.get(Box::pin(async {
            let rows: Vec<Option<wire::Project>> = rows(api, "project", &["projects"], &[]).await?;
            let candidate = |row: Option<wire::Project>| {
                let row = row.unwrap_or_default();
                Candidate::new(row.uuid, row.name)
            };
            only(api, "project", rows.into_iter().map(candidate))
        }));
        project.await
    }

    /// The offering that machines are ordered from.
    pub(super) async fn offering(&self, api: &Api, config: &Config) -> Result<String> {
        if let Some(offering) = &config.offering {
            return Ok(offering.clone());
        }
        let offering = self.offering.get(Box::pin(async {
            let project = self.project(api, config).await?;
            let query = [("type", VIRTUAL_MACHINES.to_owned())];
            let rows = rows(api, "offering", offering_lists(config.dialect), &query).await?;
            only(api, "offering", offerings_for(&project, rows))
        }));
        offering.await
    }

    /// The plan that the documented order names: the only usable one of the offering.
    pub(super) async fn plan(
        &self,
        api: &Api,
        offering: BoxFuture<'_, Result<(String, Option<Vec<wire::Plan>>)>>,
    ) -> Result<String> {
        let plan = self.plan.get(Box::pin(async {
            let (offering, plans) = offering.await?;
            let Some(plans) = plans else { return Err(must_be_set(api, "plan")) };
            let candidate = |plan: wire::Plan| Candidate::new(plan.uuid, plan.name);
            only(api, "plan", plans.into_iter().filter(|it| is_usable(it, &offering)).map(candidate))
        }));
        plan.await
    }
}

impl Candidate {
    fn new(id: Option<String>, name: Option<String>) -> Self {
        let name = clip(&printable(name.as_deref().unwrap_or_default()), LONGEST_NAME);
        Self { id: id.filter(|id| is_uuid(id)), name }
    }

    fn shown(&self) -> String {
        let name = if self.name.is_empty() { "without a name" } else { &self.name };
        format!("{name} ({})", self.id.as_deref().unwrap_or("its UUID cannot be read"))
    }
}

/// Where offerings are listed. WAYSCloud's pages name the second list only.
pub(super) fn offering_lists(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Documented => &["marketplace-public-offerings", "marketplace-offerings"],
        Dialect::Waldur => &["marketplace-public-offerings"],
    }
}

/// Whether an order from this offering may name this plan: one of its parent is listed with it, and refused.
pub(super) fn is_usable(plan: &wire::Plan, offering: &str) -> bool {
    plan.is_open() && plan.owner().is_none_or(|owner| same_uuid(owner, offering))
}

/// Whether the provider has no such thing to be read at all.
pub(super) fn is_absent(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported)
}

/// A setting without which the account cannot be used at this provider.
fn must_be_set(api: &Api, field: &'static str) -> Error {
    let message =
        format!("`{field}` must be set in the account's configuration: the provider lists none that fits");
    Error::new(ErrorKind::InvalidConfig, message).at(api.channel.provider(), field)
}

/// The only one there is.
///
/// # Errors
/// `InvalidConfig`, naming the field and those that could be meant.
fn only(api: &Api, field: &'static str, candidates: impl Iterator<Item = Candidate>) -> Result<String> {
    // A list that changed while it was read may show a row twice.
    let mut seen = HashSet::new();
    let is_new = |it: &Candidate| it.id.as_deref().is_none_or(|id| seen.insert(plain_uuid(id)));
    let candidates: Vec<Candidate> = candidates.filter(is_new).collect();
    if let [Candidate { id: Some(id), .. }] = candidates.as_slice() {
        return Ok(id.clone());
    }
    if candidates.is_empty() {
        return Err(must_be_set(api, field));
    }
    let named: Vec<String> = candidates.iter().take(MOST_NAMED).map(Candidate::shown).collect();
    let more = match candidates.len().saturating_sub(MOST_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message =
        format!("`{field}` must be set in the account's configuration to one of {}{more}", named.join(", "));
    Err(Error::new(ErrorKind::InvalidConfig, message).at(api.channel.provider(), field))
}

/// The offerings of machines for this project: its own, else those that tell no project.
fn offerings_for(project: &str, rows: Vec<Option<wire::Offering>>) -> impl Iterator<Item = Candidate> {
    let is_active =
        |it: &wire::Offering| it.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("active"));
    let (mut chosen, mut shared) = (Vec::new(), Vec::new());
    let mut unreadable = Vec::new();
    for row in rows {
        let Some(row) = row else {
            unreadable.push(Candidate::new(None, None));
            continue;
        };
        if row.kind.as_deref() != Some(VIRTUAL_MACHINES) || !is_active(&row) {
            continue;
        }
        match row.project_uuid.as_deref() {
            Some(of) if same_uuid(of, project) => chosen.push(Candidate::new(row.uuid, row.name)),
            // It is another project's.
            Some(_) => {}
            None => shared.push(Candidate::new(row.uuid, row.name)),
        }
    }
    if chosen.is_empty() {
        chosen = shared;
    }
    chosen.into_iter().chain(unreadable)
}

/// Every row of the first of these lists that the provider has; a row that cannot be read is `None`.
async fn rows<T: DeserializeOwned>(
    api: &Api,
    field: &'static str,
    collections: &[&str],
    query: &[Pair],
) -> Result<Vec<Option<T>>> {
    let mut refused = None;
    for collection in collections {
        match api.all::<T>(field, &[collection], query).await {
            Ok(Pages { pages, totals }) => {
                let rows: Vec<Option<T>> = pages.into_iter().flatten().map(|row| row.0).collect();
                if totals.into_iter().flatten().any(|total| total > rows.len()) {
                    return Err(api.broken(field, "the list has fewer rows than it says"));
                }
                return Ok(rows);
            }
            Err(error) if is_absent(&error) => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    let error = must_be_set(api, field);
    Err(match refused {
        Some(refused) => error.with_source(refused),
        None => error,
    })
}
