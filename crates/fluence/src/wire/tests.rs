//! The documents' own JSON, read and written again field by field.

use serde_json::json;

use super::*;

/// The example of "View your active VMs" in April 2025, with the bandwidth that its list of types names.
pub(crate) const VM_APRIL: &str = include_str!("../../tests/fixtures/vm-2025-04.json");
/// The same example in May 2025.
pub(crate) const VM_MAY: &str = include_str!("../../tests/fixtures/vm-2025-05.json");
/// The machine of "Handling provider-terminated VMs", May 2025.
pub(crate) const VM_TERMINATED: &str = include_str!("../../tests/fixtures/vm-2025-05-terminated.json");
/// The parts of the example offer of "Finding compute resources", put together.
pub(crate) const OFFER: &str = include_str!("../../tests/fixtures/offer.json");
const CREATE_APRIL: &str = include_str!("../../tests/fixtures/create-2025-04.json");
const CREATE_MAY: &str = include_str!("../../tests/fixtures/create-2025-05.json");

/// Null, `{}`, `[]` and absent mean the same on this wire: the documents say so of constraints, and show both.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.into_iter().map(|(key, value)| (key, without_nothing(value)));
            Value::Object(kept.filter(|(_, value)| !is_nothing(value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nothing).collect()),
        other => other,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn comes_back<T: DeserializeOwned + Serialize>(text: &str) {
    let document: Value = serde_json::from_str(text).unwrap();
    let read: T = serde_json::from_str(text).unwrap();
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(without_nothing(written), without_nothing(document));
}

#[test]
fn every_field_of_the_documents_comes_back_as_it_was() {
    comes_back::<Vm>(VM_APRIL);
    comes_back::<Vm>(VM_MAY);
    comes_back::<Vm>(VM_TERMINATED);
    comes_back::<OfferRow>(OFFER);
    comes_back::<Estimate>(
        r#"{"depositAmountUsdc":"7.01532","depositEpochs":2,"totalPricePerEpoch":"3.50766",
            "maxPricePerEpoch":"0.35793","instances":10}"#,
    );
    comes_back::<CreateVms>(CREATE_APRIL);
    comes_back::<CreateVms>(CREATE_MAY);
    comes_back::<Vec<Created>>(
        r#"[{"vmId":"0xCbfC94101AE30f212790B6Da340fD071B5eee86D","vmName":"my-vm"},
            {"vmId":"0x79F7D3F8c1A2D7B4A890a1B5cE3EfCd8D6E7F8a9","vmName":"my-vm-2"}]"#,
    );
    comes_back::<Hardware>(
        r#"{"cpu":[{"manufacturer":"AMD","architecture":"Zen"},
                   {"manufacturer":"Intel (R)","architecture":"ICE LAKE"}],
            "memory":[{"type":"DDR","generation":"5"}],"storage":[{"type":"SSD"},{"type":"NVMe"}]}"#,
    );
}

#[test]
fn a_delete_is_written_as_each_contract_documents_it() {
    let id = "0x311edB209b61EaA8c3e67c6B96D03288DB5Bc020";
    assert_eq!(serde_json::to_value(DeleteVm { vm_id: id }).unwrap(), json!({ "vmId": id }));
    assert_eq!(serde_json::to_value(DeleteVms { vm_ids: vec![id] }).unwrap(), json!({ "vmIds": [id] }));
}
