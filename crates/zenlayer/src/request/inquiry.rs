//! What a machine would cost: the same question as the order, without what has no price.

use serde::Serialize;
use vmbroker_core::{ChargeType, OfferQuery, Result};

use super::{DISK_STEP, DiskWish, Options, Term, bandwidth, charge_word, fits, internet_charge, system_disk};
use crate::config::Config;
use crate::convert::{Market, Model};

/// The body of InquiryPriceCreateInstance, version 2026-04-01:
/// `https://docs.console.zenlayer.com/api-reference/compute/vm/virtual-machine-instance/inquirypricecreateinstance`.
///
/// The image has no part in it: a machine from a large image gets a larger disk, and costs more.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inquiry {
    pub(crate) zone_id: String,
    pub(crate) instance_type: String,
    pub(crate) instance_charge_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) instance_charge_prepaid: Option<Term>,
    pub(crate) internet_charge_type: String,
    pub(crate) internet_max_bandwidth_out: u32,
    /// Always 1: whether the answer's amounts are for one machine or for all is in no document.
    pub(crate) instance_count: u32,
    pub(crate) system_disk: DiskWish,
}

impl Inquiry {
    /// What a machine of this model costs with what the order would choose: the same disk, unless its image needs a
    /// larger one, and the same network.
    ///
    /// # Errors
    /// `IncompatibleOffer` where the account's own settings let no such machine be ordered.
    pub(crate) fn new(
        query: &OfferQuery,
        charge: ChargeType,
        market: &Market,
        model: &Model,
        config: &Config,
    ) -> Result<Self> {
        let options = Options::default();
        fits(&options, model, market.zone(&model.zone), config)?;
        let wished = query.disk_gib.map(|gib| gib.max(1).div_ceil(DISK_STEP).saturating_mul(DISK_STEP));
        let category = config.disk_category.as_ref();
        // Without an image the disk is the smallest that we would choose.
        let disk = system_disk(wished, Some(1), category);
        Ok(Self {
            zone_id: model.zone.clone(),
            instance_type: model.name.clone(),
            instance_charge_type: charge_word(charge),
            instance_charge_prepaid: charge.months().map(|period| Term { period }),
            internet_charge_type: internet_charge(&options, model, config)?,
            internet_max_bandwidth_out: bandwidth(&options, config),
            instance_count: 1,
            system_disk: disk.unwrap_or(DiskWish {
                disk_size: wished,
                disk_amount: None,
                disk_category: None,
            }),
        })
    }

    /// The system disk that is asked for, in GiB.
    pub(crate) fn disk_gib(&self) -> Option<u64> {
        self.system_disk.disk_size
    }
}
