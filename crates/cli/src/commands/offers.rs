//! `vmbroker offers`.

mod amount;
mod document;
mod explain;
mod filter;
mod history;
mod picture;
mod remarks;
mod spreadsheet;
mod table;
mod view;

use std::path::PathBuf;
use std::time::Duration;

use vmbroker::{Currency, Money, Question};

use self::filter::Filter;
use self::view::{Row, View};
use crate::args::Accounts;
use crate::context::{Context, report_all};
use crate::failure::Failure;
use crate::table::say_left_out;
use crate::units::{Start, duration, money, run_time, start, word};

/// Show what can be rented at all accounts side by side, and what a run really costs, the cheapest first.
///
/// Totals are exact: each is what the provider will bill for this start and this run time, by its own rules. A total
/// that cannot be known is marked and listed last; it is never zero. `--explain` shows how each was made.
///
/// Prices in different currencies are compared by the exchange rates in vmbroker.toml; none is assumed but that
/// 1 USDC is 1 USD. Offers are kept for a while, so that a second question is answered at once: `--refresh` asks
/// again, and `vmbroker offers history` shows how prices moved.
///
/// JSON: `{"start", "run_seconds", "currency", "offers": [{"provider", "id", "size": {"vcpus", "memory_mib"},
/// "disk_gib", "location", "charge", "price", "availability", "extras", "rank", "total": {"amount", "currency"},
/// "certainty": "exact"|"at_least"|"unknown", "doubt", "quote", "seen"}], "left_off", "excluded": [{…, "reason"}],
/// "conversions", "answers", "failures": [{"provider", "message", …}], "notes"}`. Amounts are text and have every
/// digit.
///
/// CSV (`--output csv`, here alone): one line for each offer under the columns rank, provider, offer, vcpus, memory_mib,
/// disk_gib, country, city, zone, charge, left, price, total, currency, provider_total, provider_currency, certainty,
/// remarks.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  vmbroker offers --vcpus 2 --memory 4GiB --for 40m
  vmbroker offers --country DE --for 30d --explain --limit 3
  vmbroker offers --vcpus 2 --for 30d --chart prices.svg
  vmbroker offers history")]
#[command(disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    history: Option<Kept>,
    #[command(flatten)]
    accounts: Accounts,
    #[command(flatten)]
    filter: Filter,
    /// How long it would run, such as 40m, 3h, 30d or 2w [default: 30d].
    #[arg(long = "for", value_name = "TIME", value_parser = run_time)]
    run: Option<Duration>,
    /// When it would start: `now`, a date (midnight UTC), or a time with its zone, such as 2026-12-01T17:50:00Z.
    #[arg(long, value_name = "TIME", value_parser = start, default_value = "now")]
    from: Start,
    /// What totals are compared in, such as EUR [default: the only currency there is, else USD].
    #[arg(long, value_name = "CODE", value_parser = word::<Currency>)]
    currency: Option<Currency>,
    /// The most that the whole run may cost, such as '0.5 EUR' or 1.2USD.
    #[arg(long, value_name = "MONEY", value_parser = money)]
    max_total: Option<Money>,
    /// By what offers are sorted. Those without an exact total come last all the same.
    #[arg(long, value_enum, value_name = "KEY", default_value_t = Sort::Total)]
    sort: Sort,
    /// Show only this many offers.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    limit: Option<u32>,
    /// Ask the providers again, however young the kept offers are.
    #[arg(long)]
    refresh: bool,
    /// Show also the offers that are out of the question, each with the reason.
    #[arg(long)]
    excluded: bool,
    /// Show how each total was made, line by line.
    #[arg(long)]
    explain: bool,
    /// Draw total over run time for the best offers of each provider, as SVG, with the points where the cheapest
    /// changes.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// How long a provider may take to answer; the others are shown without it [default: 60s].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    deadline: Option<Duration>,
}

/// What was kept.
#[derive(Debug, clap::Subcommand)]
enum Kept {
    History(history::Args),
}

/// By what offers are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Sort {
    /// The cheapest run first.
    #[value(alias = "price")]
    Total,
    /// The smallest machine first, then the cheapest run.
    Size,
    /// By account, then the cheapest run.
    Provider,
    /// By country and city, then the cheapest run.
    Place,
}

impl Sort {
    /// Sorts rows that are in the order of their totals.
    fn sort(self, rows: &mut [Row<'_>]) {
        match self {
            Self::Total => {}
            Self::Size => rows.sort_by_key(|row| row.offer.size),
            Self::Provider => rows.sort_by(|a, b| a.offer.provider.cmp(&b.offer.provider)),
            Self::Place => rows.sort_by_cached_key(|row| {
                let place = &row.offer.location;
                // Unknown places last.
                (
                    place.country.is_none(),
                    place.country,
                    place.city.is_none(),
                    place.city.clone(),
                    place.zone.clone(),
                )
            }),
        }
    }
}

/// How long a machine runs where nobody says: the time after which most bills come.
const RUN: Duration = Duration::from_secs(30 * 86_400);

impl Args {
    /// Refuses what stands before `history` and would be overheard there.
    fn refuse_before_history(&self) -> Result<(), Failure> {
        let given = [
            ("--sandbox", self.accounts.clouds.sandbox),
            ("--provider", !self.accounts.providers.is_empty()),
            ("--for", self.run.is_some()),
            ("--from", self.from != Start::Now),
            ("--currency", self.currency.is_some()),
            ("--max-total", self.max_total.is_some()),
            ("--sort", self.sort != Sort::Total),
            ("--limit", self.limit.is_some()),
            ("--refresh", self.refresh),
            ("--excluded", self.excluded),
            ("--explain", self.explain),
            ("--chart", self.chart.is_some()),
            ("--deadline", self.deadline.is_some()),
        ];
        let first =
            given.into_iter().find(|(_, given)| *given).map(|(name, _)| name).or(self.filter.first_given());
        match first {
            None => Ok(()),
            Some(name) => Err(Failure::usage(format!("`{name}` stands before `history`, where it says nothing"))
                .hint("the options of `vmbroker offers history` stand after it; `vmbroker offers history --help` has all")),
        }
    }

    /// The question, where the clock of the accounts runs so many times as fast as that of who waits.
    fn question(&self, now: jiff::Timestamp, speed: u32) -> Question {
        Question {
            currency: self.currency,
            price_ceiling: self.max_total,
            refresh: self.refresh,
            deadline: self.deadline.map(|deadline| deadline.saturating_mul(speed)),
            ..Question::new(self.filter.query(), self.from.at(now), self.run.unwrap_or(RUN))
        }
    }
}

pub(crate) async fn run(mut args: Args, context: Context) -> Result<u8, Failure> {
    if let Some(Kept::History(history)) = args.history.take() {
        args.refuse_before_history()?;
        return history::run(history, &context).await;
    }
    let open = context.open(&args.accounts).await?;
    let chart = args.chart.as_deref().map(|path| picture::place(&context.place, path)).transpose()?;
    let question = args.question(open.clock.now(), open.clock.speed());
    let market = open.market(&context.place)?;
    let spinner = context.terminal.spinner("asking for offers");
    let comparison = market.compare(&question).await;
    drop(spinner);
    let limit = args.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let view = View::new(&comparison, args.run.is_some(), args.sort, limit, args.excluded);
    show(&args, &context, &view)?;
    if let Some(path) = chart {
        match picture::chart(&comparison, &question.query) {
            Some(chart) => {
                picture::write(&chart, &path)?;
                remarks::say_chart(&context.terminal, &path);
            }
            None => context.terminal.note("note: there is nothing to draw, so no chart was written"),
        }
    }
    drop(view);
    Ok(report_all(&context.terminal, comparison.failures))
}

fn show(args: &Args, context: &Context, view: &View<'_>) -> Result<(), Failure> {
    let terminal = &context.terminal;
    if terminal.is_json() {
        return terminal.print_json(&document::document(view));
    }
    if terminal.is_csv() {
        terminal.print(&spreadsheet::csv(view, args.explain))?;
        remarks::say_rest(terminal, view);
        return Ok(());
    }
    if view.rows.is_empty() {
        remarks::say_none(terminal, view.comparison);
    } else if args.explain {
        terminal.print(&explain::explain(view, terminal.width()))?;
    } else {
        let shown = table::show(view, terminal.width());
        terminal.print(&shown.text)?;
        say_left_out(terminal, &shown.left_out);
        remarks::say_what_totals_are(terminal, view, shown.rounded);
    }
    if !view.excluded.is_empty() {
        if !view.rows.is_empty() {
            terminal.print("\n")?;
        }
        terminal.print(&table::excluded(view, terminal.width()))?;
    }
    remarks::say_rest(terminal, view);
    Ok(())
}
