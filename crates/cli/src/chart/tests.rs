//! Invented prices over real shapes: by the hour, by the day with a boundary, by the second, by the month.

use rust_decimal::Decimal;

use super::layout::picture;
use super::picture::{Area, Mark, Text};
use super::*;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Each begun piece of so many seconds costs this much, and the first begins this long before the start.
fn by_pieces(rate: &str, piece: u64, before: u64) -> impl Fn(u64) -> Option<Decimal> + use<> {
    let rate = decimal(rate);
    move |seconds| Some(rate * Decimal::from((seconds + before).div_ceil(piece)))
}

type Question = Box<dyn Fn(u64) -> Option<Decimal>>;

fn chart_of(span: Span, lines: Vec<(&str, Question)>) -> Chart {
    let (labels, questions): (Vec<&str>, Vec<Question>) = lines.into_iter().unzip();
    let points = curves(span, &questions);
    let series = labels.into_iter().zip(points).map(|(label, points)| Series {
        label: label.to_owned(),
        detail: "0.1 USD an hour, each begun hour".to_owned(),
        points,
    });
    Chart {
        title: "What a run of 2 vCPU, 4 GiB costs".to_owned(),
        subtitle: "Totals in USD for runs from 2026-01-01 12:40 UTC on".to_owned(),
        currency: Currency::USD,
        span,
        asked: Some(40 * 60),
        series: series.collect(),
        notes: vec!["1 USDC is counted as 1 USD.".to_owned()],
    }
}

fn three_clouds() -> Chart {
    chart_of(
        Span::new(600, 90 * DAY),
        vec![
            ("fluence cpu-2-ram-4gb-storage-25gb PL", Box::new(by_pieces("0.29816", DAY, 18 * HOUR + 2_700))),
            ("wayscloud vps-2-4 NO Oslo", Box::new(by_pieces("0.00001", 1, 0))),
            ("zenlayer z2a.cpu.2 DE Frankfurt", Box::new(by_pieces("0.0135", HOUR, 0))),
        ],
    )
}

fn texts(chart: &Chart) -> Vec<Text> {
    let text = |mark: Mark| if let Mark::Text(text) = mark { Some(text) } else { None };
    picture(chart).marks.into_iter().filter_map(text).collect()
}

/// The pairs of texts that meet, and the texts that reach out of the picture.
fn collisions(chart: &Chart) -> Vec<String> {
    let picture = picture(chart);
    let paper = Area { left: 0.0, top: 0.0, right: picture.width, bottom: picture.height };
    let texts = texts(chart);
    let mut found = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let area = text.area();
        if area.left < paper.left
            || area.right > paper.right
            || area.top < paper.top
            || area.bottom > paper.bottom
        {
            found.push(format!("`{}` leaves the picture", text.words));
        }
        let meeting = texts[..at].iter().filter(|other| other.area().meets(&area, 0.0));
        found.extend(meeting.map(|other| format!("`{}` meets `{}`", text.words, other.words)));
    }
    found
}

/// The texts that a pole or another upright line goes through.
fn crossed_out(chart: &Chart) -> Vec<String> {
    let marks = picture(chart).marks;
    let upright = |mark: &Mark| match mark {
        Mark::Rule { from, to, .. } if (from.0 - to.0).abs() < 0.01 => {
            Some(Area { left: from.0, right: to.0, top: from.1, bottom: to.1 })
        }
        _ => None,
    };
    let rules: Vec<Area> = marks.iter().filter_map(upright).collect();
    let texts = texts(chart);
    let hit = |text: &&Text| rules.iter().any(|rule| rule.meets(&text.area(), 0.0));
    texts.iter().filter(hit).map(|text| text.words.clone()).collect()
}

#[test]
fn the_cheapest_changes_where_the_bills_say_so() {
    // By the day from midnight on, against by the hour: 7 hours cost more than one day, and so on.
    let chart = chart_of(
        Span::new(600, 10 * DAY),
        vec![
            ("day", Box::new(by_pieces("1", DAY, 0))),
            ("hour", Box::new(by_pieces("0.15", HOUR, 0))),
            ("unknown", Box::new(|_| None)),
        ],
    );
    let lead = chart.lead();
    assert_eq!(lead.first, Some(1));
    let seen: Vec<(u64, usize)> = lead.changes.iter().map(|change| (change.seconds, change.to)).collect();
    // 6 hours are 0.90, the 7th makes it 1.05. The second day costs 2 and 24 hours 3.60: the day stays cheaper.
    assert_eq!(seen, [(6 * HOUR + 1, 0)]);
    assert_eq!(lead.changes[0].total, decimal("1"));
}

#[test]
fn a_boundary_gives_the_lead_back_for_a_while() {
    // 5 h 15 min before the daily boundary: two days are charged for the sixth hour.
    let before = DAY - 5 * HOUR - 15 * 60;
    let chart = chart_of(
        Span::new(600, 2 * DAY),
        vec![
            ("day", Box::new(by_pieces("0.5", DAY, before))),
            ("hour", Box::new(by_pieces("0.12", HOUR, 0))),
        ],
    );
    let seen: Vec<(u64, usize)> =
        chart.lead().changes.iter().map(|change| (change.seconds, change.to)).collect();
    // 0.48 < 0.5 < 0.60; from the boundary on 0.72 < 1 until the 9th hour makes it 1.08.
    assert_eq!(seen, [(4 * HOUR + 1, 0), (5 * HOUR + 15 * 60 + 1, 1), (8 * HOUR + 1, 0)]);
}

#[test]
fn equals_do_not_take_the_lead_from_each_other() {
    let same = || Box::new(by_pieces("0.01", HOUR, 0)) as Question;
    let chart = chart_of(Span::new(600, DAY), vec![("a", same()), ("b", same())]);
    assert_eq!(chart.lead(), Lead { first: Some(0), changes: Vec::new() });
    let nobody = chart_of(Span::new(600, DAY), vec![("a", Box::new(|_| None))]);
    assert_eq!(nobody.lead(), Lead::default());
}

#[test]
fn lines_are_exact_wherever_they_are_asked() {
    let span = Span::new(600, 30 * DAY);
    let question = by_pieces("0.0135", HOUR, 0);
    let points = curves(span, std::slice::from_ref(&question)).remove(0);
    let series = Series { label: String::new(), detail: String::new(), points };
    for seconds in [600, 601, 3_600, 3_601, 7_200, 7_201, 10 * HOUR, 30 * DAY] {
        let near = [seconds - seconds / 250, seconds + seconds / 250].map(|it| question(it).unwrap());
        let seen = series.total_at(seconds).unwrap();
        assert!((near[0]..=near[1]).contains(&seen), "{seconds}: {seen} {near:?}");
    }
    assert!(series.points.len() < 1_000, "{}", series.points.len());
}

#[test]
fn no_label_meets_another() {
    let long = "a-provider-with-a-very-long-name cpu-128-ram-1024gb-storage-25gb somewhere far away indeed";
    let wide = "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW";
    for (count, spread) in (1..=6_usize).flat_map(|count| [0_u32, 1, 40].map(|spread| (count, spread))) {
        let line = |at: usize| {
            let rate = Decimal::from(100 + spread * u32::try_from(at).unwrap()) / Decimal::from(9_000);
            let piece = [60, HOUR, DAY, 30 * DAY][at % 4];
            let question = by_pieces("1", piece, 777);
            let scaled =
                move |seconds| Some(question(seconds)? * rate * Decimal::from(piece) / Decimal::from(HOUR));
            ("", Box::new(scaled) as Question)
        };
        let mut chart = chart_of(Span::new(600, 365 * DAY), (0..count).map(line).collect());
        chart.notes.push(long.repeat(5));
        for (names, asked) in [
            (["a", "b"], None),
            ([long, wide], Some(600)),
            ([wide, long], Some(40 * 60)),
            (["東京の雲", "<b>&\u{202e}\u{0}"], Some(365 * DAY)),
        ] {
            for (at, series) in chart.series.iter_mut().enumerate() {
                series.label = names[at % 2].to_owned();
            }
            chart.asked = asked;
            let case = format!("{count} {names:?} {spread} {asked:?}");
            assert_eq!(collisions(&chart), Vec::<String>::new(), "{case}");
            assert_eq!(crossed_out(&chart), Vec::<String>::new(), "{case}");
        }
    }
}

/// What the test above rests on: it sees labels that meet.
#[test]
fn labels_that_meet_are_seen() {
    let text = |x| Text::new("a label", (x, 50.0), picture::Anchor::Start, 12.0);
    assert!(text(10.0).area().meets(&text(40.0).area(), 0.0));
    assert!(!text(10.0).area().meets(&text(90.0).area(), 0.0));
}

#[test]
fn many_changes_close_together_share_a_flag_that_counts_them() {
    // An hour and a day that cost nearly the same over and over.
    let chart = chart_of(
        Span::new(600, 60 * DAY),
        vec![("day", Box::new(by_pieces("1", DAY, 0))), ("hour", Box::new(by_pieces("0.0418", HOUR, 0)))],
    );
    let changes = chart.lead().changes.len();
    assert!(changes > 20, "{changes}");
    let texts = texts(&chart);
    let flags: Vec<&str> =
        texts.iter().map(|text| text.words.as_str()).filter(|it| it.contains(" changes from ")).collect();
    let shared: usize =
        flags.iter().map(|flag| flag.split(' ').next().unwrap().parse::<usize>().unwrap()).sum();
    let alone = texts.iter().filter(|text| text.words.starts_with("after ")).count();
    assert!(!flags.is_empty() && flags.len() + alone <= 6, "{flags:?}");
    assert_eq!(shared + alone, changes, "no change is left out");
    assert_eq!(collisions(&chart), Vec::<String>::new());
    let rings = picture(&chart).marks.iter().filter(|mark| matches!(mark, Mark::Ring { .. })).count();
    assert_eq!(
        rings,
        2 * flags.len() + alone + 1,
        "the first and the last of each stretch, and one beside the key"
    );
}

#[test]
fn what_has_no_place_is_named_under_the_picture() {
    let chart = chart_of(
        Span::new(600, DAY),
        vec![
            ("free", Box::new(|_| Some(Decimal::ZERO))),
            ("silent", Box::new(|_| None)),
            ("known", Box::new(by_pieces("0.01", HOUR, 0))),
        ],
    );
    let words: Vec<String> = texts(&chart).into_iter().map(|text| text.words).collect();
    assert!(
        words.contains(&"Not drawn: free: a total of 0 has no place on this scale.".to_owned()),
        "{words:?}"
    );
    assert!(words.contains(&"Not drawn: silent: its total cannot be known.".to_owned()), "{words:?}");
    let signs = picture(&chart).marks.iter().filter(|mark| matches!(mark, Mark::Sign { .. })).count();
    assert_eq!(signs, 6, "five on the line and one beside its name");
}

#[test]
fn a_hostile_name_stays_a_name() {
    let name = "</text><script>alert('x')</script>&\u{202e}\u{1b}[2J";
    let mut chart = three_clouds();
    chart.series[0].label = name.to_owned();
    chart.title = name.to_owned();
    let svg = chart.svg();
    assert!(!svg.contains("<script") && !svg.contains('\u{202e}') && !svg.contains('\u{1b}'), "{svg}");
    assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
}

#[test]
fn the_same_chart_is_the_same_text_and_not_a_large_one() {
    let (one, two) = (three_clouds().svg(), three_clouds().svg());
    assert_eq!(one, two);
    assert!(one.len() < 100_000, "{}", one.len());
}

#[test]
fn a_small_chart_is_written_like_this() {
    let chart = Chart {
        subtitle: String::new(),
        asked: None,
        notes: Vec::new(),
        ..chart_of(Span::new(HOUR, 7 * DAY), vec![("day", Box::new(by_pieces("2", 4 * DAY, 0)))])
    };
    let svg = chart.svg();
    let (_, drawn) = svg.split_once("</style>\n").unwrap();
    insta::assert_snapshot!(drawn);
}
