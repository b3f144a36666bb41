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
    pub(super) fn query(&self) -> OfferQuery {
        OfferQuery {
            vcpus: self.vcpus,
            memory_mib: self.memory,
            disk_gib: self.disk,
            countries: self.countries.clone(),
            zone: self.zone.clone(),
            charge: self.prepaid_months.map(|months| ChargeType::Prepaid { months }),
        }
    }
}
