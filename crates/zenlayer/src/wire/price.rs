//! The answer of InquiryPriceCreateInstance:
//! `https://docs.console.zenlayer.com/api-reference/compute/vm/virtual-machine-instance/inquirypricecreateinstance`.

use serde::Deserialize;
#[cfg(test)]
use serde::Serialize;
use vmbroker_http::scalar::{Figure, object, objects, one};

/// What each part of a machine costs.
///
/// Data disks stand here twice: all together, and merged by size and kind, in `dataDiskPrices`, which is not read.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InstancePrice {
    #[serde(deserialize_with = "object")]
    pub(crate) instance_price: Option<PriceItem>,
    /// A row for each part of it, such as a package and what goes beyond it.
    #[serde(deserialize_with = "objects")]
    pub(crate) bandwidth_price: Vec<PriceItem>,
    #[serde(deserialize_with = "object")]
    pub(crate) eip_price: Option<PriceItem>,
    #[serde(deserialize_with = "object")]
    pub(crate) system_disk_price: Option<PriceItem>,
}

/// Price of `…/vm/datastructure`. The figures are kept as they were written.
///
/// The current text calls `discountPrice` a figure of postpaid machines; the example beside it, and the text of the
/// year 2023, have it prepaid.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PriceItem {
    /// The percentage that is paid: 95 is 5 % off.
    pub(crate) discount: Option<Figure>,
    /// Prepaid: what is to be paid.
    pub(crate) discount_price: Option<Figure>,
    /// Prepaid: the list price.
    pub(crate) original_price: Option<Figure>,
    /// Postpaid: the list price of one `chargeUnit`.
    pub(crate) unit_price: Option<Figure>,
    /// Postpaid: what is to be paid for one `chargeUnit`.
    pub(crate) discount_unit_price: Option<Figure>,
    /// `HOUR`, `DAY` or `MONTH`.
    #[serde(deserialize_with = "one")]
    pub(crate) charge_unit: Option<String>,
    /// Postpaid: prices by how much is used.
    #[serde(deserialize_with = "objects")]
    pub(crate) step_prices: Vec<StepPrice>,
    /// What the amounts of the steps count, such as `Mbps`.
    #[serde(deserialize_with = "one")]
    pub(crate) amount_unit: Option<String>,
    /// What each `excessAmountUnit` beyond a package costs.
    pub(crate) excess_unit_price: Option<Figure>,
    pub(crate) excess_discount_unit_price: Option<Figure>,
    #[serde(deserialize_with = "one")]
    pub(crate) excess_amount_unit: Option<String>,
    /// `STANDARD` or `CUSTOMIZED`.
    #[serde(deserialize_with = "one")]
    pub(crate) category: Option<String>,
}

/// StepPrice of `…/vm/datastructure`.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(test, derive(Serialize))]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StepPrice {
    pub(crate) step_start: Option<Figure>,
    /// Absent in the last step.
    pub(crate) step_end: Option<Figure>,
    pub(crate) unit_price: Option<Figure>,
    pub(crate) discount_unit_price: Option<Figure>,
}
