//! What happened to a deployment, event by event, in words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vmbroker::deploy::engine::{Decision, Event, Mode, Question, What};
use vmbroker::{Marker, ProviderId, clip, printable};

/// Tells events one after the other: each knows of its machine what the ones before said.
#[derive(Debug, Default)]
pub(crate) struct Story {
    legs: BTreeMap<Marker, (u32, ProviderId)>,
}

/// One event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub at: Timestamp,
    /// The number of the machine it is about; absent where it is about none.
    pub machine: Option<u32>,
    /// At which account; absent where it is about none.
    pub account: Option<ProviderId>,
    pub sentence: String,
}

impl Story {
    /// The same story, where these legs are known already.
    pub(crate) fn knowing(legs: impl Iterator<Item = (Marker, u32, ProviderId)>) -> Self {
        Self { legs: legs.map(|(leg, number, account)| (leg, (number, account))).collect() }
    }

    pub(crate) fn tell(&mut self, event: &Event) -> Told {
        if let What::Planned { leg, intent, choice, .. } = &event.what {
            self.legs.insert(*leg, (*intent, choice.account.clone()));
        }
        let known = event.what.leg().and_then(|leg| self.legs.get(&leg));
        let machine = match &event.what {
            What::Wanted { intent } | What::Dropped { intent } | What::Failed { intent, .. } => Some(*intent),
            _ => known.map(|(number, _)| *number),
        };
        let account = match &event.what {
            What::Blocked { block } => Some(block.account.clone()),
            _ => known.map(|(_, account)| account.clone()),
        };
        Told { at: event.at, machine, account, sentence: shown(&sentence(&event.what)) }
    }
}

/// The most characters of a sentence. A provider's own words in it are cut long before.
const LONGEST: usize = 4_000;

fn shown(sentence: &str) -> String {
    clip(&printable(&clip(sentence, LONGEST)), LONGEST)
}

impl Told {
    /// One line: when, which machine, where, what.
    pub(crate) fn line(&self, with_day: bool) -> String {
        let at = if with_day { second(self.at) } else { time(self.at) };
        let machine = self.machine.map(|number| format!("#{number}")).unwrap_or_default();
        let account = self.account.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{at}  {machine:<4} {account:<12} {}\n", self.sentence)
    }
}

/// A moment, to the second.
pub(crate) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn time(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

fn sentence(what: &What) -> String {
    match what {
        What::Opened { terms, .. } => match terms.choices.len() {
            1 => "a run begins, with one offer to try".to_owned(),
            many => format!("a run begins, with {many} offers to try"),
        },
        What::Turned { mode: Mode::Up } => "it is brought up".to_owned(),
        What::Turned { mode: Mode::Held } => "nothing new is started from here on".to_owned(),
        What::Turned { mode: Mode::Down } => "all its machines are to be deleted".to_owned(),
        What::Halted { fault } => format!("nothing more is sent: {fault}"),
        What::Blocked { block } => {
            let what = match (&block.offer, &block.location) {
                (Some(offer), Some(place)) if place != "-" => format!("`{offer}` ({place})"),
                (Some(offer), _) => format!("`{offer}`"),
                (None, Some(place)) => format!("everything at {place}"),
                (None, None) => "all of it".to_owned(),
            };
            let until =
                block.until.map_or("for this run".to_owned(), |until| format!("until {}", second(until)));
            format!("{what} is left alone {until}: {}: {}", block.kind, block.why)
        }
        What::Wanted { .. } => "is wanted".to_owned(),
        What::Dropped { .. } => "is no longer wanted".to_owned(),
        What::Failed { why, .. } => format!("nothing is left to try: {}", why.join("; ")),
        What::Planned { choice, .. } => {
            let place = choice.location.to_string();
            let place = if place == "-" { String::new() } else { format!(" ({place})") };
            format!("is tried: `{}`{place}", choice.offer)
        }
        What::WatchEnded { .. } => "no late machine came".to_owned(),
        What::Decided { decision, .. } => match decision {
            Decision::Adopt(handle) => format!("a person decided: {handle} is its machine"),
            Decision::ConfirmAbsent => "a person decided: there is no machine".to_owned(),
            Decision::KeepBoth => "a person decided: all its machines are kept".to_owned(),
        },
        What::Asked { question: Question::Created, .. } => {
            "a person has to decide (`vmbroker resolve`): was it made?".to_owned()
        }
        What::Asked { question: Question::Unlisted, .. } => {
            "a person has to decide (`vmbroker resolve`): is it still there?".to_owned()
        }
        What::Asked { question: Question::Gone, .. } => {
            "a person has to decide (`vmbroker resolve`): is it gone?".to_owned()
        }
        what => of_create(what).unwrap_or_else(|| of_life(what)),
    }
}

/// What happens to a create.
fn of_create(what: &What) -> Option<String> {
    Some(match what {
        What::Sending { leg } => format!("a create is sent for `{leg}`"),
        What::Accepted { handle, .. } => format!("accepted: {handle}"),
        What::Refused { fault, again_at: None, .. } => format!("refused: {fault}"),
        What::Refused { fault, again_at: Some(at), .. } => {
            format!("refused, and tried again at {}: {fault}", time(*at))
        }
        What::Unclear { fault, .. } => {
            format!("nobody knows whether it was made, so it is looked for: {fault}")
        }
        What::Missed { .. } => "a complete list does not show it; a second one will be proof".to_owned(),
        What::ProvenAbsent { watch_until, .. } => {
            format!(
                "is proven not to have been made; a late one is looked for until {}",
                second(*watch_until)
            )
        }
        What::Withdrawn { .. } => "was taken back before anything was sent".to_owned(),
        What::Found { handle, .. } => format!("was found by its marker: {handle}"),
        What::Doubled { handles, .. } => {
            let handles: Vec<String> = handles.iter().map(ToString::to_string).collect();
            format!("was made more than once, and the first is kept: {}", handles.join(", "))
        }
        _ => return None,
    })
}

/// What happens to a machine.
fn of_life(what: &What) -> String {
    match what {
        What::Seen { state, .. } => format!("is {state}"),
        What::Ready { handle, .. } => format!("is up: {handle}"),
        What::Condemned { reason, .. } => format!("is to be deleted: {reason}"),
        What::Stepped { .. } => "a step of its deletion was accepted".to_owned(),
        What::Missing { .. } => "is no longer shown; a second look will be proof".to_owned(),
        What::Gone { .. } => "is proven gone".to_owned(),
        What::Vanished { .. } => "was up, and is no longer there; it is not made anew by itself".to_owned(),
        other => other.word().replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_one_line_of_limited_length_whatever_a_provider_said() {
        let told = |why: &str| {
            let what = What::Failed { intent: 1, why: vec![why.to_owned()] };
            Story::default().tell(&Event { at: Timestamp::UNIX_EPOCH, what }).sentence
        };
        assert_eq!(told("no\n\u{1b}[2Jroom"), "nothing is left to try: no\\u{a}\\u{1b}[2Jroom");
        assert_eq!(told(&"x".repeat(1 << 20)).chars().count(), LONGEST + 1);
    }
}
