//! The world by which the laws judge an account at a simulated cloud.

use async_trait::async_trait;
use vmbroker_conformance::{Bill, Fault as Wrong, Refusal as Why, World};
use vmbroker_core::{Marker, Money};
use vmbroker_sim::{Cloud, Dialect, Fault, FaultKind, Refusal};

/// The world by which the laws judge an account at a simulated cloud.
#[derive(Debug)]
pub struct SimWorld {
    dialect: Dialect,
    cloud: Cloud,
}

/// Pages this small show every mistake in paging.
const PAGE: usize = 7;

impl SimWorld {
    /// The world of this cloud. Its pages become small, where the dialect has pages.
    #[must_use]
    pub fn new(dialect: Dialect, cloud: Cloud) -> Self {
        if has_pages(dialect) {
            cloud.account().profile.page_cap = Some(PAGE);
        }
        Self { dialect, cloud }
    }

    fn set_stock(&self, capacity: u64) {
        for offer in &mut self.cloud.account().inventory {
            offer.capacity = capacity;
        }
    }

    fn always(&self, operations: &[&str], kind: &FaultKind) {
        for operation in operations {
            self.cloud.arm(Fault::always(operation, kind.clone()));
        }
    }

    /// What a create without an id is answered with.
    fn no_id(&self) -> &'static str {
        match self.dialect {
            Dialect::Fluence202504 | Dialect::Fluence202505 => r#"[{"vmName":"x"}]"#,
            Dialect::Wayscloud | Dialect::Waldur => r#"{"state":"executing"}"#,
            Dialect::Zenlayer => {
                r#"{"requestId":"T1","response":{"requestId":"T1","orderNumber":"1","instanceIdSet":[]}}"#
            }
        }
    }
}

fn has_pages(dialect: Dialect) -> bool {
    !matches!(dialect, Dialect::Fluence202504 | Dialect::Fluence202505)
}

#[async_trait]
impl World for SimWorld {
    async fn creates_received(&self) -> Option<u64> {
        u64::try_from(self.cloud.count_calls(Some("create"))).ok()
    }

    async fn calls_received(&self) -> Option<u64> {
        u64::try_from(self.cloud.count_calls(None)).ok()
    }

    async fn live_machines(&self, marker: Marker) -> Option<u64> {
        u64::try_from(self.cloud.ledger().open_with(marker.as_str()).count()).ok()
    }

    async fn bill(&self, marker: Marker) -> Option<Bill> {
        let ledger = self.cloud.ledger();
        let entry = ledger.entries.iter().find(|entry| entry.name.contains(marker.as_str()))?;
        let charged = Money::new(entry.charged, entry.currency.parse().ok()?);
        Some(Bill { from: entry.created, to: entry.ended?, charged })
    }

    async fn page_rows(&self) -> Option<usize> {
        has_pages(self.dialect).then_some(PAGE)
    }

    async fn canary(&self) -> Option<String> {
        Some(self.cloud.account().credentials.secret.clone())
    }

    async fn arm(&self, fault: Wrong) -> bool {
        let once = |operation: &str, kind| self.cloud.arm(Fault::once(operation, kind));
        match fault {
            Wrong::LoseCreateAnswer => once("create", FaultKind::LoseAnswer),
            Wrong::CreateAnswer500 => once("create", FaultKind::StatusAfter(500)),
            Wrong::TruncateCreateAnswer => once("create", FaultKind::TruncateAnswer),
            Wrong::HtmlCreateAnswer => once("create", FaultKind::HtmlSuccess),
            Wrong::RedirectCreate => once("create", FaultKind::Redirect),
            Wrong::CreateAnswerWithoutId => once("create", FaultKind::BodyAfter(self.no_id().to_owned())),
            // A listener in this process cannot refuse one connection of many; a closed port shows it elsewhere.
            Wrong::RefuseConnection => return false,
            Wrong::RefuseCreate(Why::SoldOut) => self.set_stock(0),
            Wrong::RefuseCreate(why) => {
                let refusal = match why {
                    Why::SoldOut => Refusal::SoldOut,
                    Why::Quota => Refusal::Quota,
                    Why::Funds => Refusal::Funds,
                    Why::Credentials => Refusal::Credentials,
                    Why::Permission => Refusal::Permission,
                    Why::Incompatible => Refusal::Incompatible,
                };
                once("create", FaultKind::Refuse(refusal));
            }
            Wrong::EchoRequest => once("create", FaultKind::Echo),
            Wrong::LoseDeleteAnswer => once("delete", FaultKind::LoseAnswer),
            Wrong::Throttle => {
                let kind = FaultKind::Throttle { retry_after: Some("2".to_owned()) };
                self.cloud.arm(Fault { kind, operation: None, after: 0, times: None });
            }
            Wrong::StatusFails => self.always(&["status", "list"], &FaultKind::Refuse(Refusal::Internal)),
            Wrong::HangStatus => self.always(&["status", "list"], &FaultKind::Hang),
            Wrong::ListPageFails => {
                let after = u32::from(has_pages(self.dialect));
                let kind = FaultKind::Refuse(Refusal::Internal);
                self.cloud.arm(Fault { kind, operation: Some("list".to_owned()), after, times: None });
            }
        }
        true
    }

    async fn disarm(&self) {
        self.cloud.disarm();
        self.set_stock(1_000);
    }
}
