//! `vmbroker demo`.

mod story;

use serde_json::{Value, json};
use vmbroker::deploy::engine::Deployment;
use vmbroker::deploy::{Broker, Receipt, ReceiptLine};
use vmbroker::{Comparison, ExchangeRates};

use super::follow::{Followed, follow_telling};
use super::{money_cell, receipt, standing};
use crate::context::{Context, Open};
use crate::failure::{FAILED, Failure, OK};
use crate::sandbox::{Bill, LedgerLine, Sandbox, Settings};
use crate::table::{Table, column};

/// Show the whole story on simulated clouds, in less than a minute.
///
/// Prices are compared and machines brought up at the cheapest cloud, which loses the answer to one order and is sold
/// out halfway: the lost machine is found by its marker, the others come up elsewhere. Then everything is deleted, and
/// the clouds' own ledgers prove that nothing is left and that each bill lies within the receipt.
///
/// JSON: `{"clouds": [{"account", "dialect", "url"}], "prices": [{"provider", "offer", "total"}], "up": the shape of
/// `deploy`, "down": the same, "receipt", "bills": [{"account", "name", "charged", "currency", "within"}], "ledgers":
/// [{"account", "machines", "open", "charged", "currency"}], "simulated_seconds"}`; on standard error a line for each
/// event. The exit code is 0 only where all came up, nothing is left and every bill lies within the receipt.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many machines are brought up.
    #[arg(long, value_name = "COUNT", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=50))]
    machines: u16,
    /// How many times as fast as real time the clouds run.
    #[arg(long, value_name = "FACTOR", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    speed: u32,
}

/// How a part of the story ended.
struct Part {
    state: std::sync::Arc<Deployment>,
    document: Value,
    well: bool,
}

pub(crate) async fn run(args: Args, context: Context) -> Result<u8, Failure> {
    let sandbox = Sandbox::start(&Settings::embedded(context.clock().now(), args.speed)).await?;
    let open = context.open_sandbox(sandbox)?;
    let Some(sandbox) = &open.sandbox else { return Ok(FAILED) };
    let (terminal, started) = (&context.terminal, open.clock.elapsed());
    say(&context, &clouds(sandbox, args.speed))?;
    let rates = ExchangeRates::new(open.config.exchange.iter().cloned())?;
    let market = open.market(&context.place)?;
    let mut comparison = market.compare(&story::question(open.clock.now())).await;
    story::narrow(&mut comparison);
    let Some(cheapest) = comparison.ranked.first().map(|ranked| ranked.offer.provider.clone()) else {
        return Err(Failure::other("no simulated cloud offers anything"));
    };
    if !terminal.is_json() {
        terminal.print("What 40 minutes of 2 vCPU and 4 GiB really cost:\n")?;
        prices(&comparison).print(terminal)?;
    }
    let count = u32::from(args.machines);
    story::spoil(sandbox, &cheapest, count);
    say(
        &context,
        &format!(
            "\n{count} machines are wanted, the cheapest first. {cheapest} will lose the answer to an order, and be\n\
             sold out halfway.\n\n"
        ),
    )?;
    let broker = open.broker(&context).await?;
    let spec = story::spec(count, &comparison, &rates)?;
    let up = up(&open, &broker, spec, &context).await?;
    say(&context, "\nNow all of it is deleted, each with proof.\n\n")?;
    let down = down(&open, &broker, &context).await?;
    let receipt = Receipt::of(&down.state, open.clock.now());
    let bills = sandbox.bills();
    let (ledgers, seconds) = (sandbox.ledgers(), open.clock.elapsed().saturating_sub(started).as_secs());
    let left: usize = ledgers.iter().map(|ledger| ledger.open).sum();
    let within = bills.iter().all(|bill| is_within(bill, &receipt));
    let code = if up.well && down.well && left == 0 && within { OK } else { FAILED };
    if terminal.is_json() {
        terminal.print_json(&json!({
            "clouds": sandbox.clouds(),
            "prices": comparison.ranked.iter().map(|it| json!({
                "provider": it.offer.provider, "offer": it.offer.id, "total": it.converted,
            })).collect::<Vec<_>>(),
            "up": up.document,
            "down": down.document,
            "receipt": receipt,
            "bills": bills.iter().map(|bill| bill_document(bill, &receipt)).collect::<Vec<_>>(),
            "ledgers": ledgers,
            "simulated_seconds": seconds,
        }))?;
        return Ok(code);
    }
    terminal.print("\nThe receipt:\n")?;
    receipt::table(&receipt).print(terminal)?;
    terminal.print("\nThe clouds' ledgers:\n")?;
    ledger_table(&ledgers).print(terminal)?;
    let inside = if within { "each bill lies within the receipt" } else { "a bill lies OUTSIDE the receipt" };
    let end = if code == OK { "Nothing is left" } else { "Not all went well" };
    terminal.print(&format!(
        "\n{end}: {} machines ever, {left} still cost money, {inside}; {seconds} s on the clouds' clock.\n",
        bills.len()
    ))?;
    Ok(code)
}

fn say(context: &Context, text: &str) -> Result<(), Failure> {
    if context.terminal.is_json() { Ok(()) } else { context.terminal.print(text) }
}

fn clouds(sandbox: &Sandbox, speed: u32) -> String {
    let mut text =
        format!("{} simulated clouds, {speed} times as fast as real ones:\n", sandbox.clouds().len());
    for cloud in sandbox.clouds() {
        text.push_str(&format!("  {:<12} {}\n", cloud.account, cloud.url));
    }
    text + "\n"
}

/// The cheapest offer of each account.
fn prices(comparison: &Comparison) -> Table {
    let mut table =
        Table::new(&[column("AT"), column("OFFER").dispensable(1), column("PRICE"), column("TOTAL").right()]);
    let mut shown = std::collections::BTreeSet::new();
    for ranked in comparison.ranked.iter().filter(|ranked| shown.insert(ranked.offer.provider.clone())) {
        table.row([
            ranked.offer.provider.to_string(),
            ranked.offer.id.to_string(),
            ranked.offer.price.to_string(),
            money_cell(ranked.converted),
        ]);
    }
    table
}

async fn up(
    open: &Open,
    broker: &Broker,
    spec: vmbroker::deploy::DeploySpec,
    context: &Context,
) -> Result<Part, Failure> {
    let run = broker.deploy(spec).await?;
    let (report, state) = follow_it(run, open, context).await?;
    let addresses = standing::addresses(broker.registry(), &report).await;
    if !context.terminal.is_json() {
        context.terminal.print("\n")?;
        standing::table(&state, &report, &addresses, open.clock.now()).print(&context.terminal)?;
        standing::say_reasons(&context.terminal, "Not elsewhere because:", &standing::reasons(&state, &[]))?;
    }
    let document = standing::document(&state, &report, &addresses);
    Ok(Part { well: report.is_complete(), state, document })
}

async fn down(open: &Open, broker: &Broker, context: &Context) -> Result<Part, Failure> {
    let run = broker.destroy("demo").await?;
    let (report, state) = follow_it(run, open, context).await?;
    let document = standing::document(&state, &report, &Default::default());
    Ok(Part { well: !state.legs.values().any(|leg| leg.may_live()), state, document })
}

async fn follow_it(
    run: vmbroker::deploy::Run,
    open: &Open,
    context: &Context,
) -> Result<(vmbroker::deploy::Report, std::sync::Arc<Deployment>), Failure> {
    // A line that cannot be written is no reason to stop.
    let tell = |line: &str| drop(context.terminal.print(line));
    match follow_telling(run, context, &open.clock, "vmbroker demo", &tell).await? {
        Followed::Ended { report, state } => Ok((*report, state)),
        Followed::Left => Err(Failure::other("the demonstration was left; its clouds end with it")),
    }
}

/// Whether what a cloud charges lies between the two bounds of the machine's line.
fn is_within(bill: &Bill, receipt: &Receipt) -> bool {
    let of = |line: &&ReceiptLine| line.account == bill.account && bill.name.contains(line.leg.as_str());
    receipt.lines.iter().filter(of).any(|line| match (line.least, line.most) {
        (Some(least), Some(most)) => {
            least.currency.code() == bill.currency && (least.amount..=most.amount).contains(&bill.charged)
        }
        _ => false,
    })
}

fn bill_document(bill: &Bill, receipt: &Receipt) -> Value {
    json!({
        "account": bill.account,
        "name": bill.name,
        "charged": bill.charged.normalize().to_string(),
        "currency": bill.currency,
        "within": is_within(bill, receipt),
    })
}

fn ledger_table(ledgers: &[LedgerLine]) -> Table {
    let mut table = Table::new(&[
        column("CLOUD"),
        column("MACHINES EVER").right(),
        column("STILL COST MONEY").right(),
        column("CHARGED").right(),
    ]);
    for ledger in ledgers {
        table.row([
            ledger.account.to_string(),
            ledger.machines.to_string(),
            ledger.open.to_string(),
            format!("{} {}", ledger.charged, ledger.currency),
        ]);
    }
    table
}
