//! Other ways to read a list over several pages; absent where a way sees itself that the list is not whole.

use std::collections::BTreeSet;

use super::place::Place;

/// Pages that lie end to end, in any order; each must name the same count, and so many rows must have come, each once.
pub(super) fn by_the_count(place: &mut Place) -> Option<Vec<u64>> {
    let (first, total) = place.answer(place.most, 1)?;
    let mut pages: Vec<usize> = (2..=total.div_ceil(place.most)).collect();
    place.random.shuffle(&mut pages);
    let mut rows = first;
    for page in pages {
        let (more, count) = place.answer(place.most, page)?;
        if count != total {
            return None;
        }
        rows.extend(more);
    }
    let once: BTreeSet<u64> = rows.iter().copied().collect();
    (rows.len() == total && once.len() == total).then_some(rows)
}

/// The same, where as many rows had ended after it as before it.
pub(super) fn by_what_ended(place: &mut Place) -> Option<Vec<u64>> {
    place.happen();
    let before = place.ended;
    let rows = by_the_count(place)?;
    place.happen();
    (place.ended == before).then_some(rows)
}

/// Pages each of which begins some rows before the one in front of it ends, in any order, up to one that is not full:
/// whatever is on several is taken once, and they need not have a row in common.
pub(super) fn overlapping_unproven(place: &mut Place) -> Option<Vec<u64>> {
    let (first, total) = place.answer(place.most, 1)?;
    let mut rows: BTreeSet<u64> = first.into_iter().collect();
    // The pages get smaller one by one, and so overlap by a row more each time.
    let mut pages: Vec<usize> =
        (2..=place.most / 2).take_while(|page| (page - 1) * (place.most + 1 - page) <= total).collect();
    let last = pages.last().copied();
    place.random.shuffle(&mut pages);
    let mut ended = last.is_none();
    for page in pages {
        let size = place.most + 1 - page;
        let (more, _) = place.answer(size, page)?;
        ended |= Some(page) == last && more.len() < size;
        rows.extend(more);
    }
    ended.then(|| rows.into_iter().collect())
}
