//! What a person decides about machines of which nobody else can tell.

use vmbroker_core::{Error, ErrorKind, Handle, Marker, Result, State};

use super::broker::unknown;
use super::engine::{Decision, Deployment, LegState, What};
use super::{Broker, DeployError, Report};
use crate::Registry;

impl Broker {
    /// Writes down what a person decided about a leg that asks, or whose create is still looked for. A machine that is
    /// adopted is looked at first.
    ///
    /// # Errors
    /// `InvalidRequest` where no leg has this marker, where there is nothing to decide about it, or where the handle is
    /// another account's, another leg's machine, or none that the account shows (but where it shows active ones only);
    /// what looking at it meets; `Conflict` where a run of this broker works on it; the journal's errors.
    ///
    /// # Idempotency
    /// A decision that was taken cannot be taken again: the leg no longer asks.
    pub async fn resolve(&self, marker: Marker, decision: Decision) -> Result<Report, DeployError> {
        let legs = self.journal().legs().await?;
        let row = legs.iter().find(|leg| leg.marker == marker).ok_or_else(|| {
            let message = format!("the journal knows no machine with marker `{marker}`");
            DeployError::Wish(Error::new(ErrorKind::InvalidRequest, message))
        })?;
        let claim = self.claim(&row.deployment).await?;
        let state = self.load(&row.deployment).await?.ok_or_else(|| unknown(&row.deployment))?;
        check_decision(&state.0, marker, &decision).map_err(DeployError::Wish)?;
        let accounts = self.accounts().await?;
        if decision == Decision::ConfirmAbsent && self.registry().get(&row.account).is_ok() {
            // What a strange account does not show is what a person would say this by.
            accounts.get(&row.account).map_err(DeployError::Wish)?;
        }
        if let Decision::Adopt(handle) = &decision {
            let handles = self.journal().handles().await?;
            if let Some(other) = handles.iter().find(|row| row.leg != marker && row.handle.is_same(handle)) {
                let allowed = format!("it is the machine with marker `{}`", other.leg);
                return Err(DeployError::Wish(Error::invalid("handle", handle, allowed)));
            }
            check_shown(&accounts, handle, marker).await.map_err(DeployError::Wish)?;
        }
        let (book, _news) = self.book(&claim, state);
        book.record(move |_, _| vec![What::Decided { leg: marker, decision }]).await?;
        Ok(Report::of(&book.view(), book.now()))
    }
}

fn check_decision(state: &Deployment, marker: Marker, decision: &Decision) -> Result<()> {
    let leg = state.leg(marker)?;
    let doubled = leg.machines.len() > 1;
    let fits = match decision {
        Decision::KeepBoth => doubled,
        Decision::Adopt(_) | Decision::ConfirmAbsent => {
            matches!(leg.state, LegState::AskUser | LegState::Uncertain)
        }
    };
    if !fits {
        let message = format!(
            "the machine with marker `{marker}` is {}: this is no decision about it",
            leg.state.word().replace('_', " ")
        );
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    if let Decision::Adopt(handle) = decision
        && handle.provider != leg.choice.account
    {
        let allowed = format!("the machine was ordered at `{}`", leg.choice.account);
        return Err(Error::invalid("handle", handle, allowed));
    }
    Ok(())
}

/// Whether the account shows this machine, and its name says nothing else.
async fn check_shown(accounts: &Registry, handle: &Handle, marker: Marker) -> Result<()> {
    let provider = accounts.of(handle)?;
    let seen = provider.status(std::slice::from_ref(handle)).await?;
    match seen.first() {
        Some(seen) if seen.state().is_some_and(|state| state != State::Gone) => {
            match seen.instance().and_then(|instance| instance.marker).filter(|known| *known != marker) {
                Some(other) => {
                    Err(Error::invalid("handle", handle, format!("its name has the marker `{other}`")))
                }
                None => Ok(()),
            }
        }
        _ if provider.semantics().lists_inactive => {
            Err(Error::invalid("handle", handle, "its account shows no such machine"))
        }
        _ => Ok(()),
    }
}
