//! What happens in the demonstration: the wish, the faults, and what is tried.

use std::time::Duration;

use vmbroker::deploy::{DeploySpec, Plan, Planning, Policy, Strategy};
use vmbroker::{
    Comparison, CreateRequest, ExchangeRates, ImageWish, Marker, Owner, ProviderId, Question, Size, SshKey,
};
use vmbroker_sim::{Fault, FaultKind, Refusal};

use crate::commands::create::SANDBOX_KEY;
use crate::failure::Failure;
use crate::sandbox::Sandbox;

/// How long the machines are to run: short enough that clouds which bill by the hour are cheapest.
pub(super) const RUN: Duration = Duration::from_secs(40 * 60);
/// What every simulated cloud can make.
const SIZE: Size = Size { vcpus: 2, memory_mib: 4_096 };

/// What a run costs at each cloud.
pub(super) fn question(now: jiff::Timestamp) -> Question {
    let query = vmbroker::OfferQuery {
        vcpus: Some(SIZE.vcpus),
        memory_mib: Some(SIZE.memory_mib),
        ..vmbroker::OfferQuery::default()
    };
    Question::new(query, now, RUN)
}

/// Only machines of the very size, so that the story stays short.
pub(super) fn narrow(comparison: &mut Comparison) {
    comparison.ranked.retain(|ranked| ranked.offer.size == SIZE);
}

/// What is to be brought up.
pub(super) fn spec(
    count: u32,
    comparison: &Comparison,
    rates: &ExchangeRates,
) -> Result<DeploySpec, Failure> {
    let key: SshKey = SANDBOX_KEY.parse()?;
    let image: ImageWish = "ubuntu-22.04".parse()?;
    let nobody = Marker::new(Owner::of_installation(""), [0; 10]);
    let wishes =
        Planning { strategy: Strategy::Cheapest, order: &[], budget: None, price_limit: None, rates };
    Ok(DeploySpec {
        name: "demo".to_owned(),
        count,
        template: CreateRequest::new(nobody, SIZE, image, key),
        file_hash: String::new(),
        fields: Default::default(),
        choices: Plan::by(comparison, &wishes).choices,
        policy: Policy { run: Some(RUN), ..Policy::default() },
    })
}

/// What goes wrong at the cheapest cloud: the answer to its first create is lost, and halfway it is sold out.
pub(super) fn spoil(sandbox: &Sandbox, cheapest: &ProviderId, count: u32) {
    let sold_out = FaultKind::Refuse(Refusal::SoldOut);
    let after = count.div_ceil(2);
    sandbox.arm(cheapest, Fault::once("create", FaultKind::LoseAnswer));
    let halfway = Fault { kind: sold_out, operation: Some("create".to_owned()), after, times: None };
    sandbox.arm(cheapest, halfway);
}
