//! How much of a component a machine takes: the limits of an order, and what a plan charges for them. One reading
//! serves both, so that what is quoted is what is ordered.

use std::collections::BTreeMap;

use vmbroker_core::Size;

use crate::wire::{Component, Offering};

/// What a machine takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) size: Size,
    /// Its system disk in MiB; absent where it follows from an image that is not chosen yet.
    pub(crate) disk_mib: Option<u64>,
}

/// The limits that an order for such a machine names: those that follow from its size.
pub(crate) fn limits(offering: &Offering, taken: Taken) -> BTreeMap<String, u64> {
    let limited = offering.components.iter().filter(|it| it.billing_type.as_deref() == Some("limit"));
    let named = limited.filter_map(|it| Some((it.kind.clone()?, limit(it, taken).ok()?)));
    named.collect()
}

/// How much of this component such a machine takes, in the units of limits: a whole number, rounded up.
///
/// # Errors
/// A sentence that says why it does not follow from the machine's size.
pub(crate) fn limit(component: &Component, taken: Taken) -> Result<u64, String> {
    let factor = component.factor.filter(|factor| *factor > 0).unwrap_or(1);
    let kind = component.kind.as_deref().unwrap_or_default();
    let mib = match kind.to_ascii_lowercase().as_str() {
        "cores" | "cpu" | "vcpu" => return Ok(u64::from(taken.size.vcpus).saturating_mul(factor)),
        "ram" | "memory" => taken.size.memory_mib,
        "storage" | "disk" => taken
            .disk_mib
            .ok_or("how large the disk is follows from the image, unless a size is asked for")?,
        _ => return Err("how much of it a machine takes is not told".to_owned()),
    };
    let unit = component.measured_unit.as_deref().unwrap_or_default().trim().to_ascii_lowercase();
    let one = match unit.as_str() {
        "gb" | "gib" => 1_024,
        "mb" | "mib" => 1,
        _ => return Err("it is told in no unit that is known".to_owned()),
    };
    Ok(mib.saturating_mul(factor).div_ceil(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(kind: &str, unit: &str, factor: Option<u64>) -> Component {
        let text = |text: &str| Some(text.to_owned());
        Component {
            kind: text(kind),
            measured_unit: text(unit),
            billing_type: text("limit"),
            factor,
            ..Component::default()
        }
    }

    #[test]
    fn a_limit_follows_from_the_size_in_the_units_of_limits() {
        let taken = Taken { size: Size { vcpus: 2, memory_mib: 3_500 }, disk_mib: Some(10_240) };
        let rows = [
            ("cores", "", None, Ok(2)),
            ("cpu", "cores", Some(1), Ok(2)),
            ("ram", "GB", None, Ok(4)),
            ("ram", "GB", Some(1_024), Ok(3_500)),
            ("ram", "MiB", None, Ok(3_500)),
            ("storage", "GiB", None, Ok(10)),
            ("ram", "", None, Err("it is told in no unit that is known")),
            ("gpu", "", None, Err("how much of it a machine takes is not told")),
        ];
        for (kind, unit, factor, wanted) in rows {
            let found = limit(&component(kind, unit, factor), taken);
            assert_eq!(found, wanted.map_err(str::to_owned), "{kind} {unit}");
        }
        assert!(limit(&component("disk", "GB", None), Taken { disk_mib: None, ..taken }).is_err());
        let fixed = Component { billing_type: Some("fixed".to_owned()), ..component("cpu", "", None) };
        let components = vec![component("ram", "GB", None), component("gpu", "", None), fixed];
        let named = limits(&Offering { components, ..Offering::default() }, taken);
        assert_eq!(named, [("ram".to_owned(), 4)].into());
    }
}
