//! Hardware wishes completed from what the marketplace lists: the document asks for whole pieces.

use vmbroker_core::{Error, Result, printable};

use super::incompatible;
use super::options::HardwareWish;
use crate::wire::{Hardware, Spec};

/// Every listed piece that fits a wish, exactly as it is listed.
///
/// # Errors
/// `IncompatibleOffer` where no listed piece fits one of the wishes.
pub(crate) fn completed(wish: &HardwareWish, listed: &Hardware) -> Result<Hardware> {
    let lists = [&listed.cpu, &listed.memory, &listed.storage];
    let mut found = Vec::with_capacity(lists.len());
    for ((kind, wishes), listed) in wish.kinds().into_iter().zip(lists) {
        let mut pieces: Vec<Spec> = Vec::new();
        for wish in wishes {
            let before = pieces.len();
            let fitting: Vec<&Spec> = listed.iter().filter(|piece| fits(piece, wish)).collect();
            if fitting.is_empty() {
                return Err(none_such(kind, &shown(wish), listed));
            }
            for piece in fitting {
                if !pieces[..before].contains(piece) {
                    pieces.push(piece.clone());
                }
            }
        }
        found.push(pieces);
    }
    let storage = found.pop().unwrap_or_default();
    let memory = found.pop().unwrap_or_default();
    let cpu = found.pop().unwrap_or_default();
    Ok(Hardware { cpu, memory, storage })
}

/// No listed piece is what was wished for; names what there is.
pub(super) fn none_such(kind: &str, wished: &str, listed: &[Spec]) -> Error {
    let there: Vec<String> = listed.iter().take(20).map(shown).collect();
    incompatible(format!(
        "Fluence's marketplace has no {kind} like `{wished}`; it has: {}",
        if there.is_empty() { "none".to_owned() } else { there.join(", ") }
    ))
}

fn fits(piece: &Spec, wish: &Spec) -> bool {
    wish.iter().all(|(key, wanted)| {
        let has = piece.get(key).and_then(|it| it.as_str());
        has.zip(wanted.as_str()).is_some_and(|(has, wanted)| has.trim().eq_ignore_ascii_case(wanted.trim()))
    })
}

fn shown(spec: &Spec) -> String {
    let words: Vec<&str> = spec.values().filter_map(|value| value.as_str()).collect();
    printable(&vmbroker_core::clip(&words.join(" "), 60))
}
