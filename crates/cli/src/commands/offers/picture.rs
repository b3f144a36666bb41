//! The chart: what the best offers of each provider cost, over the run time.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rust_decimal::Decimal;
use vmbroker::{Comparison, Conversion, Currency, Offer, OfferQuery, ProviderId, Ranked, clip};

use super::super::size_cell;
use super::view::short_place;
use crate::chart::{Chart, Series, Span, curves};
use crate::config::Place;
use crate::failure::Failure;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
/// The shortest and the longest run that every chart shows: the ranking flips between minutes and months.
const USUAL: Span = Span { from: 600, to: 90 * DAY };
/// The best offers are looked for at these run times besides the one that was asked for.
const LOOKED_AT: [u64; 3] = [HOUR, DAY, 30 * DAY];
/// More lines than this cannot be told apart at a glance.
const MOST: usize = 8;
/// The most characters of a name, of which far fewer can be read.
const LONGEST: usize = 200;

/// The chart of a comparison; absent where no total is known.
pub(super) fn chart(comparison: &Comparison, query: &OfferQuery) -> Option<Chart> {
    let currency = comparison.currency?;
    let asked = comparison.run.as_secs().max(1);
    let span = Span::new(USUAL.from.min(asked / 2), USUAL.to.max(asked.saturating_mul(2)));
    let (drawn, left_out) = best(comparison, asked);
    if drawn.is_empty() {
        return None;
    }
    let questions: Vec<_> =
        drawn.iter().map(|ranked| question(comparison, currency, &ranked.offer)).collect();
    let lines = curves(span, &questions);
    let names = drawn
        .iter()
        .map(|ranked| (clip(&name(&ranked.offer), LONGEST), clip(&ranked.offer.price.to_string(), LONGEST)));
    let series = names.zip(lines).map(|((label, detail), points)| Series { label, detail, points });
    let mut notes = vec![
        "For each provider: the offers that are cheapest at the run time asked for, at 1 h, 1 d or 30 d."
            .to_owned(),
    ];
    notes.extend(comparison.conversions.iter().map(|it| format!("{} counted in {}: {it}.", it.from, it.to)));
    if left_out > 0 {
        notes.push(format!("Not drawn, for want of room: {left_out} more of these offers."));
    }
    if !comparison.unranked.is_empty() {
        notes.push(format!("Not drawn: {} offers whose total cannot be known.", comparison.unranked.len()));
    }
    Some(Chart {
        title: format!("What a run costs{}", wanted(query)),
        subtitle: format!(
            "Total in {currency} for runs that start at {}",
            comparison.start.strftime("%Y-%m-%d %H:%M:%S UTC")
        ),
        currency,
        span,
        asked: Some(asked),
        series: series.collect(),
        notes,
    })
}

/// The best offers of each provider, in the order of the ranking, and how many more of them there are.
fn best(comparison: &Comparison, asked: u64) -> (Vec<&Ranked>, usize) {
    let Some(currency) = comparison.currency else { return (Vec::new(), 0) };
    let mut providers: Vec<&ProviderId> = Vec::new();
    for ranked in &comparison.ranked {
        if !providers.contains(&&ranked.offer.provider) {
            providers.push(&ranked.offer.provider);
        }
    }
    // The best at the time asked for come first: they must not be the ones for which there is no room.
    let mut places: Vec<usize> = Vec::new();
    for seconds in std::iter::once(asked).chain(LOOKED_AT) {
        for provider in &providers {
            let of_provider =
                comparison.ranked.iter().enumerate().filter(|(_, it)| it.offer.provider == **provider);
            let total = |(place, ranked): (usize, &Ranked)| {
                Some((question(comparison, currency, &ranked.offer)(seconds)?, place))
            };
            if let Some((_, place)) = of_provider.filter_map(total).min()
                && !places.contains(&place)
            {
                places.push(place);
            }
        }
    }
    let left_out = places.len().saturating_sub(MOST);
    places.truncate(MOST);
    places.sort_unstable();
    (places.into_iter().map(|place| &comparison.ranked[place]).collect(), left_out)
}

/// What a run of so many seconds costs; absent where that is not exactly known.
fn question<'a>(
    comparison: &'a Comparison,
    currency: Currency,
    offer: &'a Offer,
) -> impl Fn(u64) -> Option<Decimal> + use<'a> {
    let conversion: Option<&Conversion> = offer.price.currency().and_then(|from| comparison.conversion(from));
    move |seconds| {
        let total = offer.price.total(comparison.start, Duration::from_secs(seconds)).exact()?;
        if total.currency == currency { Some(total.amount) } else { Some(conversion?.apply(total)?.amount) }
    }
}

fn name(offer: &Offer) -> String {
    match short_place(offer).as_str() {
        "-" => format!("{} {}", offer.provider, offer.id),
        place => format!("{} {} {place}", offer.provider, offer.id),
    }
}

/// What machines were wanted, in words; empty where any.
fn wanted(query: &OfferQuery) -> String {
    let size = vmbroker::Size { vcpus: query.vcpus.unwrap_or(0), memory_mib: query.memory_mib.unwrap_or(0) };
    let mut words = match (query.vcpus, query.memory_mib) {
        (None, None) => String::new(),
        _ => format!(": at least {}", size_cell(size)),
    };
    if !query.countries.is_empty() {
        let codes: Vec<&str> = query.countries.iter().map(|country| country.code()).collect();
        words.push_str(&format!(" in {}", codes.join(", ")));
    }
    words
}

/// Where the chart goes: a file in a folder that is there, which is not there itself or is an older chart.
pub(super) fn place(place: &Place, named: &Path) -> Result<PathBuf, Failure> {
    let path = place.resolve(&place.folder, named);
    let wrong = |why: &str| Err(Failure::usage(format!("`--chart {}` {why}", named.display())));
    if !path.parent().is_some_and(Path::is_dir) {
        return wrong("is in a folder that does not exist");
    }
    if path.exists() && !path.is_file() {
        return wrong("is no file");
    }
    if path.exists() && !head(&path).is_ok_and(|head| head.is_empty() || head == b"<svg") {
        return wrong("is there already and is no chart: it stays as it is")
            .map_err(|it| it.hint("name another file"));
    }
    Ok(path)
}

/// The first bytes of a file, by which a chart is known.
fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(4).read_to_end(&mut head)?;
    Ok(head)
}

/// Writes the chart.
pub(super) fn write(chart: &Chart, path: &Path) -> Result<(), Failure> {
    std::fs::write(path, chart.svg()).map_err(|error| {
        Failure::other(format!("the chart `{}` cannot be written", path.display())).because(error)
    })
}
