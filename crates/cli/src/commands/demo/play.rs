//! What happens in the demonstration, part by part.

use std::time::Duration;

use jiff::Timestamp;
use vmbroker::deploy::{Broker, DeploySpec, News, Outcome, Plan, Policy, Report, Run, Strategy};
use vmbroker::{Clock, CreateRequest, Handle, ImageWish, Instance, Listing, Owner, Registry, SshKey, State};

use super::bills::{self, Checked, Verdict};
use super::board;
use super::prices::{self, Price, RUN, SIZE};
use super::tale::Tale;
use super::teller::Teller;
use crate::commands::address_cell;
use crate::config::Config;
use crate::failure::Failure;
use crate::installation::new_marker;
use crate::sandbox::{LedgerLine, Sandbox};

/// The name of the deployment.
const NAME: &str = "demo";
/// How often the live table is drawn anew although nothing happened: times and costs go on.
const REDRAW: Duration = Duration::from_millis(250);

/// On what the demonstration is played.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub sandbox: &'a Sandbox,
    pub config: &'a Config,
    pub broker: &'a Broker,
    pub teller: &'a Teller,
    /// How many machines are wanted.
    pub machines: u32,
}

/// When the clouds may be meddled with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment<'a> {
    /// Prices are compared, and nothing is ordered yet.
    Planned(&'a Plan),
    /// All machines are gone, and the bills are not looked at yet.
    Destroyed,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct End {
    pub prices: Vec<Price>,
    pub tale: Tale,
    pub checked: Vec<Checked>,
    pub ledgers: Vec<LedgerLine>,
    /// Machines of ours that the clouds' lists still show.
    pub left: Vec<Instance>,
    pub failures: Vec<Failure>,
    pub seconds: u64,
}

impl End {
    /// How many machines cost money now.
    pub(crate) fn open(&self) -> usize {
        self.ledgers.iter().map(|ledger| ledger.open).sum()
    }

    /// Whether all went as it must: all were up, each was ordered once, none is left, each bill lies in its receipt.
    pub(crate) fn is_good(&self) -> bool {
        self.open() == 0 && self.left.is_empty() && self.failures.is_empty()
    }
}

impl Stage<'_> {
    fn clock(&self) -> &Clock {
        self.sandbox.clock()
    }

    fn registry(&self) -> &Registry {
        self.broker.registry()
    }

    fn since(&self, start: Timestamp) -> Duration {
        Duration::try_from(self.clock().now().duration_since(start)).unwrap_or_default()
    }
}

/// Plays it. `meddle` is called at each [`Moment`] and says what a person should know of what it did.
pub(crate) async fn play(
    stage: &Stage<'_>,
    meddle: &(dyn Fn(Moment<'_>) -> Option<String> + Sync),
) -> Result<End, Failure> {
    let (teller, start) = (stage.teller, stage.clock().now());
    let prices = prices::compare(stage.registry(), stage.config).await?;
    let minutes = RUN.as_secs() / 60;
    teller.part(
        2,
        &format!(
            "What {minutes} minutes of 2 vCPU and 4 GiB cost: the best of {} offers, by cloud",
            prices.compared
        ),
    )?;
    prices.tell(teller)?;
    let mut tale = Tale::from(start);
    let (machines, most) = (stage.machines, prices.plan.worst_case(stage.machines));
    let most = most.map_or(String::new(), |most| format!("; at worst for {most}"));
    teller.part(3, &format!("{machines} machines are deployed, the cheapest first{most}"))?;
    if let Some(words) = meddle(Moment::Planned(&prices.plan)) {
        teller.say(&words)?;
    }
    let wanted = spec(machines, prices.plan, stage.broker.owner())?;
    let report = follow(stage, stage.broker.deploy(wanted).await?, &mut tale).await?;
    let mut failures = missing(&report);
    let up = report.running();
    teller
        .part(4, &format!("{up} of {machines} machines are up, after {} s", stage.since(start).as_secs()))?;
    look(stage, &mut tale).await;
    teller.table(&board::up(&tale.machines()))?;
    // Nobody waits 40 minutes for a demonstration: all clouds and the broker live by one clock, which is moved on.
    stage.clock().step(RUN.saturating_sub(stage.since(start)));
    teller.say(&format!("They work until the {minutes} minutes are over (the clock is moved on)."))?;
    teller.part(5, "All are deleted, and only what its cloud proves gone is gone")?;
    let report = follow(stage, stage.broker.destroy(NAME).await?, &mut tale).await?;
    failures.extend(remaining(&report));
    meddle(Moment::Destroyed);
    let receipt = stage.broker.receipt(NAME).await?.ok_or_else(|| Failure::other("there is no receipt"))?;
    let checked = bills::check(&receipt, &stage.sandbox.bills()?);
    teller.part(6, "The receipt by what was seen, and what each cloud billed")?;
    teller.table(&bills::table(&checked))?;
    failures.extend(wrong(&checked));
    let ledgers = stage.sandbox.ledgers();
    let ever: usize = ledgers.iter().map(|ledger| ledger.machines).sum();
    if u32::try_from(ever).ok() != Some(machines) {
        failures.push(Failure::other(format!("{machines} machines were wanted, and the clouds made {ever}")));
    }
    let left = left(stage, &mut failures).await;
    let seconds = stage.since(start).as_secs();
    Ok(End { prices: prices.cheapest, tale, checked, ledgers, left, failures, seconds })
}

/// What is wanted: machines that every simulated cloud can make.
fn spec(count: u32, plan: Plan, owner: Owner) -> Result<DeploySpec, Failure> {
    let key: SshKey = super::super::create::SANDBOX_KEY.parse()?;
    let image: ImageWish = "ubuntu-22.04".parse()?;
    Ok(DeploySpec {
        name: NAME.to_owned(),
        count,
        template: CreateRequest::new(new_marker(owner)?, SIZE, image, key),
        file_hash: String::new(),
        fields: std::collections::BTreeMap::new(),
        choices: plan.choices,
        policy: Policy { strategy: Strategy::Cheapest, run: Some(RUN), ..Policy::default() },
    })
}

/// Follows a run to its end: line by line, and with a live table below where somebody watches.
async fn follow(stage: &Stage<'_>, mut run: Run, tale: &mut Tale) -> Result<Report, Failure> {
    let terminal = stage.teller.terminal();
    let watched = terminal.watched_width().filter(|_| !terminal.is_json());
    let spinner = terminal.spinner("starting");
    loop {
        let redraw = async {
            match watched {
                Some(_) => tokio::time::sleep(REDRAW).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            news = run.next() => match news {
                None => break,
                Some(News::Happened(event)) => {
                    if let Some(line) = tale.take(&event) {
                        let number = line.number.map_or(String::new(), |number| format!("#{number}"));
                        let before = format!("{:>6} s  {number:<4}", line.after_seconds);
                        stage.teller.line(&before, &line.text)?;
                    }
                }
                Some(News::NotWritten { leg, why, .. }) => {
                    terminal.note(&format!("warning: {leg} may exist and cannot be written down: {why}"));
                }
            },
            () = redraw => {}
        }
        if let Some(width) = watched {
            spinner.say(format!("\n{}", board::live(&run, stage.clock(), width)));
        }
    }
    drop(spinner);
    Ok(run.finish().await?)
}

/// Asks each cloud for the addresses of its machines.
async fn look(stage: &Stage<'_>, tale: &mut Tale) {
    let handles: Vec<Handle> = tale.machines().into_iter().filter_map(|row| row.handle).collect();
    for answer in stage.registry().status(&handles).await {
        for seen in answer.result.unwrap_or_default() {
            let addresses = seen.instance().map(address_cell).filter(|cell| cell != "-");
            if let Some((marker, addresses)) = seen.handle.marker.zip(addresses) {
                tale.reached(marker, addresses);
            }
        }
    }
}

/// What was wanted and is not up.
fn missing(report: &Report) -> Vec<Failure> {
    let not_up = report.machines.iter().filter(|it| !matches!(it.outcome, Outcome::Running { .. }));
    not_up
        .map(|it| match &it.outcome {
            Outcome::Failed { why } => {
                let failure = Failure::other(format!("machine {} did not come up", it.number));
                why.iter().fold(failure, Failure::because)
            }
            _ => Failure::other(format!("machine {} is not up", it.number)),
        })
        .collect()
}

/// What was to be deleted and is not proven gone.
fn remaining(report: &Report) -> Vec<Failure> {
    let there =
        report.machines.iter().filter(|it| !matches!(it.outcome, Outcome::Nothing | Outcome::Failed { .. }));
    there.map(|it| Failure::other(format!("machine {} is not proven gone", it.number))).collect()
}

/// The bills that are not what the receipt says.
fn wrong(checked: &[Checked]) -> Vec<Failure> {
    let wrong = checked.iter().filter(|it| it.verdict != Verdict::Inside);
    wrong
        .map(|it| {
            let which = it.number.map_or("a machine".to_owned(), |number| format!("machine {number}"));
            let cell =
                |money: Option<vmbroker::Money>| money.map_or("nothing".to_owned(), |it| it.to_string());
            Failure::other(format!(
                "{} billed {} for {which}, and the receipt says from {} to {}",
                it.provider,
                cell(it.billed),
                cell(it.least),
                cell(it.most)
            ))
        })
        .collect()
}

/// What the clouds still list of ours.
async fn left(stage: &Stage<'_>, failures: &mut Vec<Failure>) -> Vec<Instance> {
    let mut left = Vec::new();
    let owner = stage.broker.owner();
    for answer in stage.registry().list().await {
        match answer.result.map(Listing::into_instances) {
            Ok(there) => left.extend(there.into_iter().filter(|it| {
                it.marker.is_some_and(|marker| marker.owner() == owner) && it.state != State::Gone
            })),
            Err(error) => failures.push(error.into()),
        }
    }
    left
}

#[cfg(test)]
mod tests;
