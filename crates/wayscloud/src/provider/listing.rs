//! Every machine of the project, or of every project where the account names none, over all pages, or an error.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join;
use jiff::Timestamp;
use vmbroker_core::{
    ComputeProvider, Error, ErrorKind, Handle, Instance, Listing, Marker, Pages, Result, State,
};
use vmbroker_http::fetch_pages;

use super::Wayscloud;
use super::api;
use super::choice::VIRTUAL_MACHINES;
use super::look::{View, Wanted};
use crate::config::Dialect;
use crate::convert::{Context, Phase, Seen, Sight, Stage, instance, phase_of, stage_of, state_of};
use crate::error::says;
use crate::wire::{Order, Project, Resource, Row, plain_uuid, same_uuid};

/// How often a list is read again when the account changed while it was read.
const MOST_READS: usize = 3;

impl Wayscloud {
    pub(super) async fn listing(&self) -> Result<Listing> {
        let mut reads = 1;
        loop {
            let read = join(self.read_list(), self.learn_sizes()).await.0;
            let gathered = match read {
                Ok(read) => self.gather(read).await,
                Err(error) => Err(error),
            };
            match gathered {
                Err(error) if error.kind() == ErrorKind::Unavailable && reads < MOST_READS => reads += 1,
                result => return result.map_err(|error| error.at(self.id(), "list")),
            }
        }
    }

    /// Every page. At a Waldur only rows that have not ended are asked for, so that rows leave the list while it is
    /// read: none of the others is missed for that. The documented dialect does not say how a list is sorted.
    async fn read_list(&self) -> Result<api::Pages<Resource>> {
        let mut query = self.resource_query();
        let read = match self.config.dialect {
            Dialect::Documented => self.api.all("list", &["marketplace-resources"], &query).await?,
            Dialect::Waldur => {
                query.push(("o", "created".to_owned()));
                self.api.whole("list", &["marketplace-resources"], &query, Resource::id).await?
            }
        };
        self.pages.store(read.pages.len(), Ordering::Relaxed);
        Ok(read)
    }

    /// Asks once for the flavors, so that listed machines have a size. A list without sizes is a list too.
    async fn learn_sizes(&self) {
        if !self.asked_for_sizes.swap(true, Ordering::Relaxed)
            && let Err(error) = self.catalogue.flavors(&self.api, &self.config).await
        {
            tracing::debug!(target: "vmbroker::wayscloud", %error, "sizes stay unknown");
        }
    }

    async fn gather(&self, read: api::Pages<Resource>) -> Result<Listing> {
        let orders = self.orders_of_new(&read).await?;
        let sizes = self.catalogue.sizes();
        let context = Context {
            provider: self.id(),
            dialect: self.config.dialect,
            location: &self.location,
            sizes: &sizes,
            settles_in: self.settles_in(),
        };
        let mut pages = Pages::with_capacity(read.pages.iter().map(Vec::len).sum());
        let (last, mut any) = (read.pages.len(), false);
        for (number, (rows, total)) in (1..).zip(read.pages.into_iter().zip(read.totals)) {
            let count = rows.len();
            any |= count > 0;
            let mut instances = Vec::with_capacity(count);
            for (place, Row(row)) in rows.into_iter().enumerate() {
                instances.extend(self.listed(row, number, place, &orders, &context));
            }
            let others = count - instances.len();
            pages.add(instances, others, total, number == last);
        }
        if !any {
            self.check_project("list").await?;
        }
        pages.finish(self.api.channel.clock().now())
    }

    /// One row as a machine; absent where it is none, or none any more.
    fn listed(
        &self,
        row: Option<Resource>,
        page: usize,
        place: usize,
        orders: &HashMap<String, Seen<Order>>,
        context: &Context<'_>,
    ) -> Option<Instance> {
        // Dropping a row that cannot be read would read as absence.
        let unreadable = |name: String, word: String| {
            let handle = Handle::of_instance(self.id(), format!("unreadable-{page}-{place}"));
            Instance::new(handle, name, State::Unrecognised, word)
        };
        let Some(resource) = row else { return Some(unreadable(String::new(), String::new())) };
        if !self.is_ours(&resource) {
            return None;
        }
        let Some(id) = resource.id() else {
            let (name, word) = (resource.name.unwrap_or_default(), resource.state.unwrap_or_default());
            return Some(unreadable(name, word));
        };
        let mut sight = Sight { is_dead: self.memory.is_dead(id), ..Sight::default() };
        if stage_of(&resource) == Stage::Creating {
            sight.order = orders.get(&plain_uuid(id)).cloned().unwrap_or_default();
        }
        let (state, word) = state_of(&resource, &sight, context.dialect);
        if state == State::Gone {
            // That the order of a young row is not shown is looked into again: burying it on one look could hide a
            // machine for ever.
            if stage_of(&resource) != Stage::Terminated
                && (!sight.order.is_missing() || self.is_settled(&resource))
            {
                self.memory.bury(id);
            }
            return None;
        }
        let mut listed = instance(resource, state, word, context);
        listed.handle.order = sight.order.found().and_then(Order::id).map(str::to_owned);
        Some(listed)
    }

    /// Whether the row is so old that its order, if it has one, must be shown.
    fn is_settled(&self, resource: &Resource) -> bool {
        let created = resource.created.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let age = created.map(|created| self.api.channel.clock().now().duration_since(created));
        age.and_then(|age| Duration::try_from(age).ok())
            .is_some_and(|age| age > self.semantics.create_applies_within)
    }

    /// Whether the row is a machine of this account: of its offering (of any offering of machines where it names
    /// none), or with a marker of ours in its name. A row that does not tell is taken for one.
    fn is_ours(&self, resource: &Resource) -> bool {
        let fits =
            |told: &Option<String>, wanted: &str| told.as_deref().is_none_or(|told| same_uuid(told, wanted));
        if self.config.project.as_deref().is_some_and(|project| !fits(&resource.project_uuid, project)) {
            return false;
        }
        let kind = resource.offering_type.as_deref();
        let is_machine = kind.is_none_or(|kind| kind == VIRTUAL_MACHINES);
        // The disks of a machine are rows too, and bear its name with the marker in it.
        let is_part = !is_machine && kind.is_some_and(|kind| kind.starts_with("OpenStack."));
        let is_offered = match &self.config.offering {
            Some(offering) => fits(&resource.offering_uuid, offering),
            None => is_machine,
        };
        let is_marked = || resource.name.as_deref().is_some_and(|name| Marker::find_in(name).is_some());
        is_offered || (!is_part && is_marked())
    }

    /// The orders of rows that are being created: such a row stays for ever where its order was withdrawn.
    async fn orders_of_new(&self, read: &api::Pages<Resource>) -> Result<HashMap<String, Seen<Order>>> {
        let is_new = |it: &&Resource| {
            stage_of(it) == Stage::Creating
                && self.is_ours(it)
                && it.id().is_some_and(|id| !self.memory.is_dead(id))
        };
        let rows = read.pages.iter().flatten().filter_map(|row| row.0.as_ref());
        let new: Vec<&Resource> = rows.filter(is_new).collect();
        let mut view = View::default();
        if new.len() > 1 {
            let resources = new.iter().filter_map(|it| it.id().map(plain_uuid)).collect();
            self.open_orders(Wanted { resources, ..Wanted::default() }, &mut view).await?;
        }
        let found = fetch_pages(0..new.len(), |at| self.maker_of(new[at], &view)).await?;
        let ids = new.iter().filter_map(|it| it.id().map(plain_uuid));
        let orders: HashMap<String, Seen<Order>> = ids.zip(found).collect();
        for (id, order) in &orders {
            if order.found().is_some_and(|order| phase_of(order) == Phase::Ended) {
                self.memory.bury(id);
            }
        }
        Ok(orders)
    }

    /// A project that does not exist has an empty list too: that must not read as "nothing is there".
    pub(super) async fn check_project(&self, operation: &'static str) -> Result<()> {
        let Some(project) = self.config.project.as_deref() else {
            return self.check_projects(operation).await;
        };
        match self.api.get::<Project>(operation, &["projects", project]).await {
            Ok(_) => Ok(()),
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    && (self.config.dialect == Dialect::Waldur || says(&error, "no project matches")) =>
            {
                let message = format!("`project` is `{project}`, which the provider does not show");
                Err(Error::new(ErrorKind::InvalidConfig, message).at(self.id(), operation))
            }
            // A provider that shows no projects cannot be asked this; a Waldur shows them.
            Err(error) if self.config.dialect == Dialect::Documented && shows_no_projects(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A token that sees no project at all sees no machine either, whether there is one or not.
    async fn check_projects(&self, operation: &'static str) -> Result<()> {
        match self.api.all::<Project>(operation, &["projects"], &[]).await {
            Ok(read) if read.pages.iter().all(Vec::is_empty) => {
                let message = "the token sees no project: `project` is not set, and the provider lists none";
                Err(Error::new(ErrorKind::InvalidConfig, message).at(self.id(), operation))
            }
            Ok(_) => Ok(()),
            Err(error) if self.config.dialect == Dialect::Documented && shows_no_projects(&error) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whether the provider cannot be asked for projects.
fn shows_no_projects(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::PermissionDenied)
}
