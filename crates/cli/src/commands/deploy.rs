//! `vmbroker deploy`.

mod plan;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vmbroker::deploy::engine::Deployment;
use vmbroker::deploy::{Broker, DeployError, DeploySpec, LeftOut, Plan, Planning, Report};
use vmbroker::{Comparison, ExchangeRates, ProviderId, Question, Registry, printable};

use super::follow::{Followed, follow};
use super::standing;
use crate::args::Clouds;
use crate::context::{Context, Open};
use crate::deployment::Wanted;
use crate::failure::{FAILED, Failure, OK};

/// Bring the machines of a file up somewhere, and move on where a provider fails.
///
/// The file says how many machines, what each is to be, where they may stand, and for how long they are to run:
/// `vmbroker init --deployment FILE` writes one to fill in. Offers are tried the cheapest first (or `in-order`, or
/// `spread`), within the budget. What is about to be sent is in the journal first, so that nothing is lost or made
/// twice, whatever happens to this program: the same command goes on where it stopped. It changes nothing where all is
/// up; another `count` adds or removes machines; any other change is refused while the deployment stands.
///
/// Ctrl-C once starts nothing new and brings the rest to its end; twice leaves at once, and nothing is lost.
///
/// Exit codes: 0 all machines are up; 1 not all are; 2 the command line is wrong; 3 the file or the configuration is.
///
/// JSON: `{"deployment", "complete", "machines": [{"number", "wanted", "outcome": {"running"|"failed"|"asks"|"vanished"|
/// "open": {…}}|"nothing", "handle_text", "address"}], "asks": [{…}], "open": [{"leg", "account", "state", "due_at",
/// "until"}], "reserved", "reasons": [{"provider", "why", "times"}]}`; on standard error a line `{"event", "text"}` for
/// each event. With `--plan`: `{"deployment", "count", "run_seconds", "choices": [{"account", "offer", "location",
/// "price", "quote", "reserve"}], "out": [{"account", "offer", "location", "why"}], "bill": {"least", "most"}, "budget",
/// "stands"}`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker deploy web.toml --plan
  vmbroker deploy web.toml
  vmbroker deploy web.toml --sandbox --plan --output json")]
pub(crate) struct Args {
    #[command(flatten)]
    clouds: Clouds,
    /// The deployment's file.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only say what would be tried, in which order and at which price, and who is out and why. Spends nothing and
    /// writes nothing.
    #[arg(long)]
    plan: bool,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let wanted = Wanted::read(&args.file, &context.place, args.clouds.sandbox)?;
    let open = context.open_all(args.clouds).await?;
    let market = named(&wanted, &open, &args.file)?;
    if args.plan {
        let reader = open.reader(&context.place).await?;
        let stands = match &reader {
            Some(broker) => broker.state(&wanted.name).await?,
            None => None,
        };
        let (comparison, plan) = plan_of(&wanted, &open, &market, &context).await?;
        return plan::show(&wanted, &comparison, &plan, stands.as_ref(), &context);
    }
    // Whatever is wrong with the journal is said before anybody is asked anything.
    let broker = open.broker(&context).await?;
    let spinner = context.terminal.spinner("looking at what is due");
    broker.look().await?;
    drop(spinner);
    let (_, plan) = plan_of(&wanted, &open, &market, &context).await?;
    if plan.choices.is_empty() && broker.report(&wanted.name).await?.is_none() {
        return Err(nothing_to_try(&wanted, &plan));
    }
    let again = format!("vmbroker deploy {}", args.file.display());
    let spec = DeploySpec {
        name: wanted.name.clone(),
        count: wanted.count,
        template: wanted.template.clone(),
        file_hash: wanted.file_hash.clone(),
        fields: wanted.fields.clone(),
        choices: plan.choices.clone(),
        policy: wanted.policy.clone(),
    };
    let run = broker.deploy(spec).await.map_err(|error| match error {
        DeployError::Wish(error) => {
            Failure::configuration(format!("{}: {}", args.file.display(), error.message()))
                .hint(format!("`vmbroker destroy {}` ends it", wanted.name))
        }
        DeployError::Journal(error) => error.into(),
    })?;
    let Followed::Ended { report, state } = follow(run, &context, &open.clock, &again).await? else {
        return Ok(FAILED);
    };
    end(&open, &broker, &report, &state, &plan, &context, &again).await
}

/// Says how it ended.
async fn end(
    open: &Open,
    broker: &Broker,
    report: &Report,
    state: &Deployment,
    plan: &Plan,
    context: &Context,
    again: &str,
) -> Result<u8, Failure> {
    let terminal = &context.terminal;
    let addresses = standing::addresses(broker.registry(), report).await;
    let silent = plan.out.iter().filter(|out| out.offer.is_none() || out.why == "sold out");
    let left_out: Vec<_> = silent.filter_map(|out| Some((out.account.clone()?, out.why.clone()))).collect();
    let reasons = standing::reasons(state, &left_out);
    let code = if report.is_complete() { OK } else { FAILED };
    if terminal.is_json() {
        let mut document = standing::document(state, report, &addresses);
        let reasons = reasons.iter().map(
            |(account, why, times)| serde_json::json!({ "provider": account, "why": why, "times": times }),
        );
        document["reasons"] = reasons.collect();
        terminal.print_json(&document)?;
        return Ok(code);
    }
    standing::table(state, report, &addresses, open.clock.now()).print(terminal)?;
    standing::say_reasons(terminal, "Not elsewhere because:", &reasons)?;
    for leg in standing::asking(state) {
        let text = format!("\n{}{}", standing::question(state.name(), leg), standing::how_to_decide(leg));
        terminal.print(&text)?;
    }
    standing::say_open(terminal, &report.open, again)?;
    let wanted = report.machines.iter().filter(|machine| machine.wanted).count();
    terminal.print(&format!("\n{}: {} of {wanted} machines are up\n", state.name(), report.running()))?;
    if open.sandbox.is_some() {
        terminal.note("note: the simulated clouds end with this command; `vmbroker sandbox` keeps them");
    }
    Ok(code)
}

/// The accounts that the file allows. Names that are no accounts are refused.
fn named(wanted: &Wanted, open: &Open, file: &Path) -> Result<Registry, Failure> {
    let shown = file.display();
    let known: BTreeSet<&ProviderId> = open.registry.ids().collect();
    let place = &wanted.place;
    let fields = [
        ("where.providers", place.providers.iter().collect::<Vec<_>>()),
        ("where.exclude", place.exclude.iter().collect()),
        ("on_uncertain", wanted.policy.on_uncertain.keys().collect()),
    ];
    for (field, ids) in fields {
        if let Some(unknown) = ids.into_iter().find(|id| !known.contains(id)) {
            let names: Vec<String> = known.iter().map(|id| format!("`{id}`")).collect();
            let message =
                format!("{shown}: `{field}` names `{unknown}`, but the accounts are: {}", names.join(", "));
            let failure = Failure::configuration(message);
            return Err(match crate::config::nearest(unknown.as_str(), known.iter().map(|id| id.as_str())) {
                Some(near) => failure.hint(format!("did you mean `{near}`?")),
                None => failure,
            });
        }
    }
    let all = known.into_iter().filter(|id| place.providers.is_empty() || place.providers.contains(id));
    let all: Vec<ProviderId> = all.filter(|id| !place.exclude.contains(id)).cloned().collect();
    if all.is_empty() {
        return Err(Failure::configuration(format!("{shown}: `where.exclude` leaves no account")));
    }
    Ok(open.registry.clone().only(&all)?)
}

/// What the run costs everywhere, asked for anew, and what follows for this file.
async fn plan_of(
    wanted: &Wanted,
    open: &Open,
    accounts: &Registry,
    context: &Context,
) -> Result<(Comparison, Plan), Failure> {
    let rates = ExchangeRates::new(open.config.exchange.iter().cloned())?;
    let market = open.market_of(accounts.clone(), &context.place)?;
    let question = Question {
        currency: wanted.policy.budget.map(|budget| budget.currency).or(wanted.currency),
        refresh: true,
        ..Question::new(wanted.query(), open.clock.now(), wanted.run)
    };
    let spinner = context.terminal.spinner("asking for offers");
    let comparison = market.compare(&question).await;
    drop(spinner);
    let mut plan = Plan::by(
        &comparison,
        &Planning {
            strategy: wanted.policy.strategy,
            order: &wanted.place.providers,
            budget: wanted.policy.budget,
            price_limit: wanted.price_limit,
            rates: &rates,
        },
    );
    let silent = without_offers(wanted, &comparison, &plan);
    plan.out.extend(silent);
    Ok((comparison, plan))
}

/// The accounts that answered, and offer nothing that could be meant.
fn without_offers(wanted: &Wanted, comparison: &Comparison, plan: &Plan) -> Vec<LeftOut> {
    let is_named = |id: &ProviderId| {
        plan.choices.iter().any(|it| it.account == *id)
            || plan.out.iter().any(|it| it.account.as_ref() == Some(id))
    };
    let countries: Vec<String> = wanted.place.countries.iter().map(ToString::to_string).collect();
    let place = if countries.is_empty() { String::new() } else { format!(" in {}", countries.join(", ")) };
    let silent = comparison.answers.iter().map(|answer| &answer.provider).filter(|id| !is_named(id));
    let out = |id: &ProviderId| LeftOut {
        account: Some(id.clone()),
        offer: None,
        location: None,
        why: format!("it offers nothing of this kind and size{place}"),
    };
    silent.map(out).collect()
}

/// There is no offer to try at all.
fn nothing_to_try(wanted: &Wanted, plan: &Plan) -> Failure {
    let failure =
        Failure::other(format!("no offer meets the wish of `{}`: nothing was ordered", wanted.name));
    let mut said = BTreeSet::new();
    for out in &plan.out {
        let account = out.account.as_ref().map(|account| format!("{account}: ")).unwrap_or_default();
        said.insert(format!("{account}{}", printable(&out.why)));
    }
    said.into_iter().fold(failure, Failure::because)
}
