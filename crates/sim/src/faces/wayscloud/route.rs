//! Which path means what.

use super::Speech;

/// Something that is only listed and looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    Projects,
    Customers,
    Tenants,
    Images,
    Flavors,
    Subnets,
    FloatingIps,
    SecurityGroups,
    Keys,
}

impl Shelf {
    const ALL: [(&'static str, Self); 9] = [
        ("projects", Self::Projects),
        ("customers", Self::Customers),
        ("openstack-tenants", Self::Tenants),
        ("openstack-images", Self::Images),
        ("openstack-flavors", Self::Flavors),
        ("openstack-subnets", Self::Subnets),
        ("openstack-floating-ips", Self::FloatingIps),
        ("openstack-security-groups", Self::SecurityGroups),
        ("keys", Self::Keys),
    ];

    fn read(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == segment).map(|(_, shelf)| shelf)
    }

    /// Its place in paths.
    pub(super) fn segment(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, shelf)| *shelf == self).map_or("", |(name, _)| name)
    }

    /// What it is called in a 404.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Projects => "Project",
            Self::Customers => "Customer",
            Self::Tenants => "Tenant",
            Self::Images => "Image",
            Self::Flavors => "Flavor",
            Self::Subnets => "SubNet",
            Self::FloatingIps => "FloatingIP",
            Self::SecurityGroups => "SecurityGroup",
            Self::Keys => "SshPublicKey",
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Self::Projects | Self::Customers | Self::Tenants => "projects",
            Self::Images => "images",
            Self::Flavors => "offers",
            Self::Subnets => "subnets",
            Self::FloatingIps => "addresses",
            Self::SecurityGroups => "security_groups",
            Self::Keys => "keys",
        }
    }
}

/// What a path means. Ids are 32 lower-case hex digits, or as they came where they are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Orders,
    Order(String),
    /// An approval, rejection, cancellation or other action on an order.
    OrderAction(String, String),
    Resources,
    Resource(String),
    Terminate(String),
    Instances,
    Instance(String),
    /// Start, stop or restart.
    Power(String, String),
    Offerings,
    /// The documents' own list of offerings, in an envelope.
    DocumentedOfferings,
    Offering(String),
    Plans(String),
    Plan(String, String),
    Shelf(Shelf),
    Item(Shelf, String),
    Configuration,
    Me,
}

impl Route {
    /// Reads a path that ends with a slash.
    pub(super) fn read(speech: Speech, path: &str) -> Option<Self> {
        let path = path.strip_prefix("/api/")?.strip_suffix('/')?;
        let segments: Vec<&str> = path.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return None;
        }
        let waldur = speech == Speech::Waldur;
        let route = match segments.as_slice() {
            ["configuration"] => Self::Configuration,
            ["users", "me"] => Self::Me,
            ["marketplace-orders"] => Self::Orders,
            ["marketplace-orders", id] => Self::Order(tidy(id)),
            ["marketplace-orders", id, action] if is_order_action(action) && waldur => {
                Self::OrderAction(tidy(id), (*action).to_owned())
            }
            ["marketplace-resources"] => Self::Resources,
            ["marketplace-resources", id] => Self::Resource(tidy(id)),
            ["marketplace-resources", id, "terminate"] if waldur => Self::Terminate(tidy(id)),
            ["marketplace-resources", id, "actions", verb] if is_power(verb) && !waldur => {
                Self::Power(tidy(id), (*verb).to_owned())
            }
            ["openstack-instances"] if waldur => Self::Instances,
            ["openstack-instances", id] if waldur => Self::Instance(tidy(id)),
            ["openstack-instances", id, verb] if is_power(verb) && waldur => {
                Self::Power(tidy(id), (*verb).to_owned())
            }
            ["marketplace-offerings"] if !waldur => Self::DocumentedOfferings,
            ["marketplace-offerings", id] if !waldur => Self::Offering(tidy(id)),
            ["marketplace-public-offerings"] => Self::Offerings,
            ["marketplace-public-offerings", id] => Self::Offering(tidy(id)),
            ["marketplace-public-offerings", id, "plans"] => Self::Plans(tidy(id)),
            ["marketplace-public-offerings", id, "plans", plan] => Self::Plan(tidy(id), tidy(plan)),
            [segment] => Self::Shelf(Shelf::read(segment)?),
            [segment, id] => Self::Item(Shelf::read(segment)?, tidy(id)),
            _ => return None,
        };
        Some(route)
    }

    /// The word for faults and the call log.
    pub(super) fn operation(&self, method: &str) -> &'static str {
        match (self, method) {
            (Self::Orders, "POST") => "create",
            (Self::Order(_) | Self::Resource(_), "DELETE") | (Self::Terminate(_), _) => "delete",
            (Self::Resource(_), "PATCH") => "rename",
            (Self::Orders | Self::Order(_) | Self::Resource(_) | Self::Instance(_), _) => "status",
            (Self::OrderAction(..), _) => "approve",
            (Self::Resources | Self::Instances, _) => "list",
            (Self::Power(..), _) => "power",
            (
                Self::Offerings
                | Self::DocumentedOfferings
                | Self::Offering(_)
                | Self::Plans(_)
                | Self::Plan(..),
                _,
            ) => "offers",
            (Self::Shelf(shelf) | Self::Item(shelf, _), _) => shelf.operation(),
            (Self::Configuration, _) => "configuration",
            (Self::Me, _) => "account",
        }
    }
}

fn is_power(verb: &str) -> bool {
    ["start", "stop", "restart"].contains(&verb)
}

fn is_order_action(action: &str) -> bool {
    [
        "approve_by_consumer",
        "approve_by_provider",
        "reject_by_consumer",
        "reject_by_provider",
        "cancel",
        "set_state_executing",
        "set_state_done",
        "set_state_erred",
    ]
    .contains(&action)
}

/// An id without dashes, in lower case; `None` where it is no id.
pub(super) fn id(text: &str) -> Option<String> {
    let dashed = text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text.as_bytes()[*at] == b'-');
    let digits: String = if dashed { text.replace('-', "") } else { text.to_owned() };
    let whole = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then(|| digits.to_ascii_lowercase())
}

fn tidy(text: &str) -> String {
    id(text).unwrap_or_else(|| text.to_owned())
}
