//! What only Fluence's wire knows.

use serde::Deserialize;
use serde_json::Value;
use vmbroker_core::{CreateRequest, Error, ErrorKind, NameRule, Result, clip, printable};

use super::incompatible;
use crate::wire::Spec;
use crate::{Contract, KIND};

/// The options of a request under the key `fluence`; documented in the crate's root.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Options {
    pub(crate) hardware: HardwareWish,
    pub(crate) storage_type: Option<String>,
    pub(crate) hostname: Option<String>,
}

/// Hardware, each piece with all or a part of its fields.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HardwareWish {
    pub(crate) cpu: Vec<Spec>,
    pub(crate) memory: Vec<Spec>,
    pub(crate) storage: Vec<Spec>,
}

impl Options {
    /// The options of a request.
    ///
    /// # Errors
    /// `InvalidRequest` for an unknown key or a wrong value, `IncompatibleOffer` for what the contract lacks.
    pub(crate) fn of(request: &CreateRequest, contract: Contract, rule: &NameRule) -> Result<Self> {
        let Some(given) = request.options.get(KIND) else { return Ok(Self::default()) };
        let options = Self::deserialize(&Value::Object(given.clone())).map_err(|error| {
            let complaint = clip(&printable(&error.to_string()), 300);
            Error::new(ErrorKind::InvalidRequest, format!("`options.{KIND}`: {complaint}"))
        })?;
        options.check(contract, rule)?;
        Ok(options)
    }

    /// The kind of storage where a disk names none; absent where the options do not tell.
    pub(crate) fn default_storage(&self) -> Option<&str> {
        let first = || self.hardware.storage.first()?.get("type")?.as_str();
        self.storage_type.as_deref().or_else(first)
    }

    fn check(&self, contract: Contract, rule: &NameRule) -> Result<()> {
        for (kind, wishes) in self.hardware.kinds() {
            for (at, wish) in wishes.iter().enumerate() {
                let field = format!("options.{KIND}.hardware.{kind}[{at}]");
                if wish.is_empty() {
                    return Err(Error::invalid(&field, "{}", "it must name at least one field"));
                }
                if let Some((key, value)) = wish.iter().find(|(_, value)| !value.is_string()) {
                    return Err(Error::invalid(&format!("{field}.{key}"), value, "it must be text"));
                }
            }
        }
        if self.storage_type.as_deref().is_some_and(|kind| kind.trim().is_empty()) {
            let allowed = "it must be a kind of storage such as NVMe";
            return Err(Error::invalid(&format!("options.{KIND}.storage_type"), "", allowed));
        }
        if let Some(hostname) = &self.hostname {
            if !rule.allows(hostname) {
                let allowed = format!(
                    "it must be 1 to {} characters of a-z, 0-9 and `-`, with no hyphen at either end",
                    rule.longest
                );
                return Err(Error::invalid(&format!("options.{KIND}.hostname"), hostname, allowed));
            }
            if contract == Contract::April2025 {
                return Err(incompatible(format!(
                    "`options.{KIND}.hostname` needs contract 2025-05, but this account speaks {}",
                    contract.name()
                )));
            }
        }
        Ok(())
    }
}

impl HardwareWish {
    /// The three kinds with their names.
    pub(crate) fn kinds(&self) -> [(&'static str, &[Spec]); 3] {
        [("cpu", &self.cpu), ("memory", &self.memory), ("storage", &self.storage)]
    }
}
