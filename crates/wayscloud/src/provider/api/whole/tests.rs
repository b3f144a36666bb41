use super::*;

type Page = (Cut, Vec<Row<String>>, Option<usize>);

#[expect(clippy::ptr_arg, reason = "rows are what is handed to it")]
fn name(row: &String) -> Option<&str> {
    (!row.is_empty()).then_some(row)
}

/// The page of these letters, with which the list ends; `?` is a row that cannot be read.
fn page(size: usize, number: usize, rows: &str) -> Page {
    let row = |letter: char| Row((letter != '?').then(|| letter.to_string()));
    let cut = Cut { size, number };
    (cut, rows.chars().map(row).collect(), Some(cut.start() + rows.len()))
}

fn joined(pages: impl IntoIterator<Item = Page>) -> Option<String> {
    let pages = join(pages, name)?;
    let letters = pages.into_iter().flatten().map(|row| row.0.unwrap_or_else(|| "?".to_owned()));
    Some(letters.collect())
}

#[test]
fn pages_share_rows_reach_the_end_and_are_hardly_more_than_without() {
    for most in [20, 21, 50, 64, 100, 128, 299, 300] {
        for total in (most + 1..most * 12).chain([9_999, 10_000, 10_001]) {
            let cuts = plan(most, total).unwrap();
            for pair in cuts.windows(2) {
                let common = pair[0].end() - pair[1].start();
                assert!(common >= shared(most) && pair[1].end() > pair[0].end(), "{most} {total} {pair:?}");
                assert!(pair[0].end() <= total, "it ends with the first page that is not full");
            }
            assert!(cuts.iter().all(|cut| (1..=most).contains(&cut.size)));
            assert!(cuts.last().unwrap().end() > total && cuts[0] == Cut { size: most, number: 1 });
        }
    }
    let cuts = plan(300, 10_000).unwrap();
    let rows: usize = cuts.iter().map(|cut| cut.end().min(10_000) - cut.start()).sum();
    assert!(cuts.len() <= 36 && rows <= 10_500, "{} pages, {rows} rows", cuts.len());
}

#[test]
fn pages_that_cannot_share_rows_or_never_end_are_no_plan() {
    assert_eq!(plan(1, 2), None);
    assert_eq!(plan(2, 3), None);
    assert_eq!(plan(300, usize::MAX / 2), None);
    assert_eq!(plan(3, 3).unwrap().len(), 2, "a full page does not prove the end");
}

#[test]
fn neighbours_are_joined_at_their_first_common_row() {
    let still = [page(4, 1, "abcd"), page(3, 2, "def"), page(5, 2, "f")];
    assert_eq!(joined(still).unwrap(), "abcdef");
    // `b` left before the second page was read, and `g` came.
    assert_eq!(joined([page(4, 1, "abcd"), page(3, 2, "ef"), page(5, 2, "")]), None);
    let two_shared = [page(4, 1, "abcd"), page(2, 2, "de"), page(3, 2, "efg"), page(6, 2, "g")];
    assert_eq!(joined(two_shared).unwrap(), "abcdefg");
    // The second page was read first: what left between is in it, and is not among what is kept of the first.
    assert_eq!(joined([page(4, 1, "acde"), page(3, 2, "def"), page(5, 2, "f")]).unwrap(), "acdef");
    // `d`, the last of the first page, left before the second was read; `c` is still common to both.
    assert_eq!(joined([page(4, 1, "abcd"), page(2, 2, "ce"), page(3, 2, "e")]).unwrap(), "abce");
}

#[test]
fn a_gap_is_no_list_even_where_the_count_is_right() {
    // `a` left after the first page was read, and `f` came: `d` is on neither, and six were counted each time.
    assert_eq!(joined([page(3, 1, "abc"), page(3, 2, "ef"), page(3, 3, "")]), None);
    assert_eq!(joined([page(3, 1, "abc"), page(2, 2, "ef")]), None);
    // Whoever ignores the page's number has no end.
    assert_eq!(joined([page(3, 1, "abc"), page(2, 2, "abc")]), None);
}

#[test]
fn the_end_is_a_page_that_is_not_full_and_nothing_behind_it_counts() {
    assert_eq!(joined([page(3, 1, "abc"), page(2, 2, "cd")]), None);
    assert_eq!(joined([page(3, 1, "abc"), page(2, 2, "c"), page(2, 3, "xy")]).unwrap(), "abc");
    for total in [Some(5), None] {
        let (cut, rows, _) = page(3, 1, "ab");
        assert_eq!(joined([(cut, rows, total)]), None, "two of {total:?} rows came");
    }
}

#[test]
fn rows_that_cannot_be_read_are_kept_once_and_join_nothing() {
    assert_eq!(joined([page(4, 1, "ab?d"), page(3, 2, "de"), page(9, 9, "")]).unwrap(), "ab?de");
    assert_eq!(joined([page(4, 1, "abc?"), page(3, 2, "?e")]), None);
}
