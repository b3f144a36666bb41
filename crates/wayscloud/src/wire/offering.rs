//! What can be ordered, and what it costs: offerings, their components and plans, and the configuration.

use std::collections::BTreeMap;

use serde::Deserialize;
use vmbroker_http::scalar::{self, Figure};

use super::last_segment;

/// Figures by the type of component. Absent figures are null on the wire.
pub(crate) type Figures = BTreeMap<String, Option<Figure>>;

/// An offering: `/api/marketplace-public-offerings/<uuid>/`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Offering {
    #[serde(deserialize_with = "scalar::id")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) name: Option<String>,
    /// `OpenStack.Instance` where machines are offered.
    #[serde(rename = "type", deserialize_with = "scalar::one")]
    pub(crate) kind: Option<String>,
    /// Only an `Active` one can be ordered from.
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) state: Option<String>,
    /// The project that it is for; absent or null where it is for all.
    #[serde(deserialize_with = "scalar::id")]
    pub(crate) project_uuid: Option<String>,
    /// The tenant that its images, flavors and subnets belong to.
    #[serde(deserialize_with = "scalar::id")]
    pub(crate) scope_uuid: Option<String>,
    /// `false` where what is ordered from it is on no bill.
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) billable: Option<String>,
    /// What is counted on a bill.
    #[serde(deserialize_with = "scalar::objects")]
    pub(crate) components: Vec<Component>,
    #[serde(deserialize_with = "scalar::objects")]
    pub(crate) plans: Vec<Plan>,
    /// Discounts that run now.
    #[serde(deserialize_with = "scalar::objects")]
    pub(crate) promotion_campaigns: Vec<Campaign>,
}

/// A discount that runs now. What it takes off depends on more than is shown.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Campaign {}

/// One thing that is counted on a bill.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Component {
    /// What plans and limits call it, such as `cores`.
    #[serde(rename = "type", deserialize_with = "scalar::one")]
    pub(crate) kind: Option<String>,
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) name: Option<String>,
    /// `fixed`, `usage`, `limit`, `one` (at the start) or `few` (when the plan is changed).
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) billing_type: Option<String>,
    /// Such as `GB`; may be empty.
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) measured_unit: Option<String>,
    /// For limits: `month`, `quarterly`, `annual` or `total`; null: `month`.
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) limit_period: Option<String>,
    /// How many of a limit's units are one of the measured unit; null: 1.
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) factor: Option<u64>,
    /// `true` where it is paid for some time ahead.
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) is_prepaid: Option<String>,
}

/// A plan of an offering, or of its parent: only the hyperlink tells which.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Plan {
    #[serde(deserialize_with = "scalar::id")]
    pub(crate) uuid: Option<String>,
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) url: Option<String>,
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) is_active: Option<String>,
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) archived: Option<String>,
    /// `month`, `quarter`, `half_month`, `day`, `hour` or `quantity`.
    #[serde(deserialize_with = "scalar::one")]
    pub(crate) unit: Option<String>,
    /// What all fixed components cost together, for one unit of time. As text, with ten decimals.
    pub(crate) unit_price: Option<Figure>,
    /// What is paid once, at the start.
    pub(crate) init_price: Option<Figure>,
    /// What one of each component costs. As numbers.
    #[serde(deserialize_with = "scalar::object")]
    pub(crate) prices: Option<Figures>,
    /// What `prices` will be from the next month on; null where nothing changes.
    #[serde(deserialize_with = "scalar::object")]
    pub(crate) future_prices: Option<Figures>,
    /// How many of each fixed component there are.
    #[serde(deserialize_with = "scalar::object")]
    pub(crate) quotas: Option<Figures>,
    /// The components once more, in younger versions; read for their discounts.
    #[serde(deserialize_with = "scalar::objects")]
    pub(crate) components: Vec<PlanComponent>,
}

/// A component within a plan.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct PlanComponent {
    #[serde(rename = "type", deserialize_with = "scalar::one")]
    pub(crate) kind: Option<String>,
    /// In percent; null: none.
    pub(crate) discount_rate: Option<Figure>,
}

impl Plan {
    /// Whose plan it is, where its hyperlink tells: `…/marketplace-public-offerings/<offering>/plans/<plan>/`.
    pub(crate) fn owner(&self) -> Option<&str> {
        let url = self.url.as_deref().unwrap_or_default().trim_end_matches('/');
        url.split("/plans/").next().filter(|owner| owner.len() < url.len()).map(last_segment)
    }

    /// Whether new machines may have it.
    pub(crate) fn is_open(&self) -> bool {
        self.archived.as_deref() != Some("true") && self.is_active.as_deref() != Some("false")
    }
}

/// What a provider says of itself to everybody: `/api/configuration/`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct Configuration {
    /// The currency of every price: no plan tells it.
    #[serde(rename = "CURRENCY_NAME", deserialize_with = "scalar::one")]
    pub(crate) currency: Option<String>,
}
