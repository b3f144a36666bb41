//! Ending a machine: nothing is said to be left only where somebody said so.

use vmbroker_core::{Deletion, Handle, Next, Result};
use vmbroker_sim::Dialect;

use super::super::Mark;
use super::super::harmless::{check_error, check_sentence};
use super::super::question::ended;
use super::{Flaw, answered, ask};

fn call(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 | Dialect::Wayscloud => "DELETE ",
        Dialect::Waldur => "/terminate/",
        Dialect::Zenlayer => "TerminateInstance",
    }
}

pub(super) fn delete(dialect: Dialect, flaw: Flaw, input: &[u8]) -> Mark {
    let (said, served) = ask(dialect, input, call(dialect), async |provider, script| {
        let handle = ended(dialect, script);
        (provider.delete(&handle).await, handle)
    });
    let (said, handle) = said;
    let deletion = match spoiled(flaw, said, &handle) {
        Ok(deletion) => deletion,
        Err(error) => return check_error(&error),
    };
    assert!(answered(&served), "a deletion got somewhere though nothing was answered: {deletion:?}");
    assert!(!served.iter().any(|call| call.alone), "an end is ordered as if it cost money: {served:?}");
    assert!(deletion.handle.provider == handle.provider && !deletion.handle.id().is_empty(), "{deletion:?}");
    let next = match &deletion.next {
        Next::Started => 0,
        Next::NothingLeft => 1,
        Next::WaitThenRepeat { why, wait } => {
            check_sentence("a reason to wait", why);
            assert!(!wait.is_zero(), "{deletion:?}");
            2
        }
    };
    let seen = deletion.handle.last_seen.map(|seen| seen.state);
    Mark::taken().and((next, seen, deletion.handle.deletion_order.is_some(), served.len()))
}

fn spoiled(flaw: Flaw, said: Result<Deletion>, handle: &Handle) -> Result<Deletion> {
    match (flaw, said) {
        (Flaw::Done, Err(_)) => Ok(Deletion { handle: handle.clone(), next: Next::NothingLeft }),
        (_, said) => said,
    }
}
