//! Taking machines back that the journal does not know.

use vmbroker_core::{Error, ErrorKind, Handle, Instance, Marker, Money, OfferId, State};

use super::broker::counted;
use super::engine::{Deployment, Mode, What};
use super::rows::Versions;
use super::{Broker, Choice, DeployError, Report};

impl Broker {
    /// Takes a machine of ours that belongs to nothing in the journal into a deployment, as one more machine that
    /// is wanted. The deployment is made where there is none of this name.
    ///
    /// # Errors
    /// `InvalidRequest` where the deployment is being taken down, or the machine's marker is another installation's, or
    /// another than that of the handle, where it has one, or the journal knows it already; what listing the account
    /// meets; the journal's errors.
    ///
    /// # Idempotency
    /// A machine that was adopted is known, and refused the second time.
    pub async fn adopt(&self, name: &str, handle: &Handle) -> Result<Report, DeployError> {
        let provider = self.accounts().await?.of(handle).map_err(DeployError::Wish)?;
        let listing = provider.list().await.map_err(DeployError::Wish)?;
        let found = listing.into_instances().into_iter().find(|it| it.handle.id() == handle.id());
        let refuse = |why: String| DeployError::Wish(Error::new(ErrorKind::InvalidRequest, why));
        let instance =
            found.ok_or_else(|| refuse(format!("`{handle}` is not in the list of its account")))?;
        let marker = instance
            .marker
            .filter(|marker| marker.owner() == self.owner())
            .ok_or_else(|| refuse(format!("`{handle}` carries no marker of this installation")))?;
        if let Some(given) = handle.marker.filter(|given| *given != marker) {
            return Err(refuse(format!("the marker of `{handle}` is `{marker}`, not `{given}`")));
        }
        let claim = self.claim(name).await?;
        if self.journal().legs().await?.iter().any(|leg| leg.marker == marker) {
            return Err(refuse(format!("the journal knows `{handle}` already: its marker is `{marker}`")));
        }
        let now = self.registry().clock().now();
        let state = self.load(name).await?;
        let state = state.unwrap_or_else(|| (Deployment::new(name, now), Versions::new()));
        if state.0.head.mode == Mode::Down && !state.0.intents.is_empty() {
            let message =
                format!("`{name}` is being taken down: what it takes in would be deleted; name another");
            return Err(refuse(message));
        }
        let (book, _news) = self.book(&claim, state);
        let choice = Box::new(choice(&instance));
        book.record(move |state, _| adopted(state, marker, choice, instance)).await?;
        Ok(Report::of(&book.view(), book.now()))
    }
}

fn adopted(state: &Deployment, marker: Marker, choice: Box<Choice>, instance: Instance) -> Vec<What> {
    let wanted = u32::try_from(state.wanted().count()).unwrap_or(u32::MAX);
    let mut events = Vec::new();
    if state.intents.is_empty() {
        events.push(What::Turned { mode: state.head.mode });
    }
    for what in counted(state, wanted.saturating_add(1)) {
        let What::Wanted { intent } = what else { continue };
        let number = state.legs_of(intent).last().map_or(1, |leg| leg.number + 1);
        let made_at = instance.handle.made_at.or(instance.created_at);
        let handle = Box::new(Handle { made_at, ..instance.handle.clone() });
        events.push(What::Wanted { intent });
        events.push(What::Planned { leg: marker, intent, number, choice: choice.clone() });
        events.push(What::Found { leg: marker, handle: handle.clone() });
        // It is in use, whatever state it is in: it is deleted on request only.
        events.push(What::Ready { leg: marker, handle: handle.clone() });
        if instance.state != State::Running {
            events.push(What::Seen { leg: marker, machine: 0, handle, state: instance.state });
        }
    }
    events
}

/// What is known of what was rented: the machine's own price, and nothing of a quote.
fn choice(instance: &Instance) -> Choice {
    let currency = instance.price.currency().unwrap_or(vmbroker_core::Currency::USD);
    let nothing = Money::new(rust_decimal::Decimal::ZERO, currency);
    Choice {
        account: instance.handle.provider.clone(),
        offer: OfferId("adopted".to_owned()),
        location: instance.location.clone(),
        price: instance.price.clone(),
        quote: nothing,
        reserve: nothing,
    }
}
