//! Which offers are wanted.

use vmbroker::{ChargeType, Country, OfferQuery};

use crate::units::{disk_gib, memory_mib, word};

/// Which offers are wanted.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Filter {
    /// At least this many virtual processors.
    #[arg(long, value_name = "COUNT")]
    vcpus: Option<u32>,
    /// At least this much memory, such as 4GiB.
    #[arg(long, value_name = "SIZE", value_parser = memory_mib)]
    memory: Option<u64>,
    /// With a system disk of at least this size, such as 25GiB.
    #[arg(long, value_name = "SIZE", value_parser = disk_gib)]
    disk: Option<u64>,
    /// In this country, by its two-letter code (repeat for more).
    #[arg(long = "country", value_name = "CODE", value_parser = word::<Country>)]
    countries: Vec<Country>,
    /// In this zone, by the provider's own word.
    #[arg(long)]
    zone: Option<String>,
    /// Paid up front for this many months, instead of as you go.
    #[arg(long, value_name = "MONTHS", value_parser = clap::value_parser!(u32).range(1..=120))]
    prepaid_months: Option<u32>,
}

impl Filter {
    /// The first of these options that was given; absent where none was.
    pub(super) fn first_given(&self) -> Option<&'static str> {
        let given = [
            ("--vcpus", self.vcpus.is_some()),
            ("--memory", self.memory.is_some()),
            ("--disk", self.disk.is_some()),
            ("--country", !self.countries.is_empty()),
            ("--zone", self.zone.is_some()),
            ("--prepaid-months", self.prepaid_months.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    pub(super) fn query(&self) -> OfferQuery {
        OfferQuery {
            offer: None,
            vcpus: self.vcpus,
            memory_mib: self.memory,
            disk_gib: self.disk,
            countries: self.countries.clone(),
            zone: self.zone.clone(),
            charge: self.prepaid_months.map(|months| ChargeType::Prepaid { months }),
        }
    }
}
