//! `vmbroker deploy --plan`: what would be tried, and what not.

use std::collections::BTreeMap;

use serde_json::json;
use vmbroker::deploy::engine::Deployment;
use vmbroker::deploy::{Plan, Strategy};
use vmbroker::{Comparison, printable};

use crate::commands::{money_cell, place_cell};
use crate::context::Context;
use crate::deployment::Wanted;
use crate::failure::{FAILED, Failure, OK};
use crate::table::{Table, column};
use crate::units::run_time_words;

/// Shows the plan. `stands`: the deployment as the journal knows it.
pub(super) fn show(
    wanted: &Wanted,
    comparison: &Comparison,
    plan: &Plan,
    stands: Option<&Deployment>,
    context: &Context,
) -> Result<u8, Failure> {
    let terminal = &context.terminal;
    let bill = plan.best_case(wanted.count).zip(plan.worst_case(wanted.count));
    let code = if plan.choices.is_empty() { FAILED } else { OK };
    let up = stands.map(|state| state.legs.values().filter(|leg| leg.may_live()).count());
    if terminal.is_json() {
        terminal.print_json(&json!({
            "deployment": wanted.name,
            "count": wanted.count,
            "run_seconds": wanted.run.as_secs(),
            "choices": plan.choices,
            "out": plan.out,
            "bill": bill.map(|(least, most)| json!({ "least": least, "most": most })),
            "budget": wanted.policy.budget,
            "stands": up,
        }))?;
        return Ok(code);
    }
    terminal.print(&format!(
        "{}: {} machines for {}, {}\n\n",
        wanted.name,
        wanted.count,
        run_time_words(wanted.run),
        match wanted.policy.strategy {
            Strategy::Cheapest => "the cheapest first",
            Strategy::InOrder => "account by account in the order of the file",
            Strategy::Spread => "each where fewest stand, then the cheapest",
        }
    ))?;
    if plan.choices.is_empty() {
        terminal.print("There is nothing to try.\n")?;
    } else {
        table(plan).print(terminal)?;
    }
    say_out(plan, context)?;
    say_bill(wanted, plan, context)?;
    for conversion in &comparison.conversions {
        terminal.note(&format!("note: {} is counted in {}: {conversion}", conversion.from, conversion.to));
    }
    if let Some(up) = up {
        terminal.note(&format!(
            "note: `{}` is in the journal already, and {up} machines of it may be there: only what is missing is ordered",
            wanted.name
        ));
    }
    terminal.note("nothing was ordered");
    Ok(code)
}

fn table(plan: &Plan) -> Table {
    let mut table = Table::new(&[
        column("TRY").right(),
        column("AT"),
        column("OFFER"),
        column("WHERE").dispensable(1),
        column("QUOTED").right(),
        column("AT WORST").dispensable(2).right(),
    ]);
    for (place, choice) in plan.choices.iter().enumerate() {
        table.row([
            (place + 1).to_string(),
            choice.account.to_string(),
            choice.offer.to_string(),
            place_cell(&choice.location),
            money_cell(choice.quote),
            money_cell(choice.reserve),
        ]);
    }
    table
}

/// Who is out and why: each reason of an account once.
fn say_out(plan: &Plan, context: &Context) -> Result<(), Failure> {
    if plan.out.is_empty() {
        return Ok(());
    }
    let mut reasons: BTreeMap<(String, &str), Vec<String>> = BTreeMap::new();
    for out in &plan.out {
        let offers = reasons
            .entry((out.account.as_ref().map_or(String::new(), ToString::to_string), out.why.as_str()))
            .or_default();
        offers.extend(out.offer.as_ref().map(ToString::to_string));
    }
    let mut text = String::from("\nOut:\n");
    for ((account, why), offers) in reasons {
        let which = match offers.as_slice() {
            [] => String::new(),
            [only] => format!(" (`{}`)", printable(only)),
            many => format!(" ({} offers)", many.len()),
        };
        text.push_str(&format!("  {account:<12} {}{which}\n", printable(why)));
    }
    context.terminal.print(&text)
}

fn say_bill(wanted: &Wanted, plan: &Plan, context: &Context) -> Result<(), Failure> {
    let (Some(least), Some(most)) = (plan.best_case(wanted.count), plan.worst_case(wanted.count)) else {
        return Ok(());
    };
    let (least, most) = (money_cell(least), money_cell(most));
    let text = match wanted.policy.budget {
        Some(budget) => format!(
            "\nThe bill: {least} if all come up at the first attempt, and never more than the budget\n\
             of {budget}, machines that fail on the way included.\n"
        ),
        None => format!(
            "\nThe bill: {least} if all come up at the first attempt, {most} if all end at the\n\
             dearest. Machines that fail on the way and are replaced come on top: `budget` limits\n\
             it all.\n"
        ),
    };
    context.terminal.print(&text)
}
