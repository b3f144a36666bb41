//! What the name of a basic configuration says.

use vmbroker_core::Size;

/// What the name of a basic configuration says, such as `cpu-2-ram-4gb-storage-25gb`. Its gigabytes are GiB: the
/// list gives 4096 and 25600 MiB for a machine of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Basic {
    pub(crate) vcpus: u32,
    pub(crate) memory_gib: u64,
    pub(crate) storage_gib: u64,
}

impl Basic {
    /// Absent where the name is not of that form.
    pub(crate) fn parse(slug: &str) -> Option<Self> {
        let mut words = slug.split('-');
        let mut figure = |label: &str, unit: &str| {
            (words.next()? == label).then_some(())?;
            let figure = words.next()?.strip_suffix(unit)?;
            figure.bytes().all(|byte| byte.is_ascii_digit()).then_some(figure)
        };
        let vcpus = figure("cpu", "")?.parse().ok()?;
        let memory_gib = figure("ram", "gb")?.parse().ok().filter(|gib| *gib < 1 << 40)?;
        let storage_gib = figure("storage", "gb")?.parse().ok()?;
        words.next().is_none().then_some(Self { vcpus, memory_gib, storage_gib })
    }

    pub(crate) fn size(self) -> Size {
        Size { vcpus: self.vcpus, memory_mib: self.memory_gib * 1_024 }
    }

    pub(crate) fn holds(self, size: Size) -> bool {
        self.vcpus >= size.vcpus && self.size().memory_mib >= size.memory_mib
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_basic_configuration_is_read_whole_or_not_at_all() {
        let basic = Basic::parse("cpu-2-ram-4gb-storage-25gb").unwrap();
        assert_eq!((basic.size(), basic.storage_gib), (Size { vcpus: 2, memory_mib: 4_096 }, 25));
        for slug in [
            "",
            "cpu-2-ram-4gb",
            "cpu-2-ram-4gb-storage-25gb-x",
            "cpu-+2-ram-4gb-storage-25gb",
            "cpu-2-ram-4tb-storage-25gb",
            "cpu-2-ram-99999999999999gb-storage-25gb",
            "gpu-2-ram-4gb-storage-25gb",
        ] {
            assert_eq!(Basic::parse(slug), None, "{slug}");
        }
    }
}
