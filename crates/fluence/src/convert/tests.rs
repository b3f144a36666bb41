use serde_json::json;
use vmbroker_core::Observation;

use super::*;
use crate::wire::tests::{VM_APRIL, VM_MAY, VM_TERMINATED};

fn provider() -> ProviderId {
    "fluence".parse().unwrap()
}

fn read(contract: Contract, json: impl AsRef<str>) -> Instance {
    let users = HashMap::from([(
        "https://cloud-images.ubuntu.com/releases/22.04/release/ubuntu-22.04-server-cloudimg-amd64.img"
            .to_owned(),
        "ubuntu".to_owned(),
    )]);
    let provider = provider();
    let reader = Reader { provider: &provider, contract, login_users: &users };
    reader.instance(serde_json::from_str(json.as_ref()).unwrap())
}

fn usdc(text: &str) -> Money {
    Money::new(text.parse().unwrap(), Currency::Usdc)
}

/// Every status of every generation of the documents, and what none of them defines.
#[test]
fn each_status_has_its_state() {
    let rows = [
        ("ACTIVE", State::Running),
        ("New", State::Provisioning),
        ("Launching", State::Provisioning),
        ("Active", State::Running),
        ("SmallBalance", State::Running),
        ("SMALL_BALANCE", State::Running),
        ("small balance", State::Running),
        ("InsufficientFunds", State::Stopped),
        ("insufficient-funds", State::Stopped),
        ("Terminated", State::Failed),
        ("Stopped", State::Gone),
        ("Failed", State::Unrecognised),
        ("error", State::Unrecognised),
        ("ActiveX", State::Unrecognised),
        ("", State::Unrecognised),
    ];
    for (word, wanted) in rows {
        assert_eq!(state(word), wanted, "{word}");
        let instance = read(Contract::May2025, json!({ "id": "0x1", "status": word }).to_string());
        assert_eq!((instance.state, instance.word.as_str()), (wanted, word));
    }
}

#[test]
fn every_field_of_the_april_list_reaches_the_instance() {
    let mut april = read(Contract::April2025, VM_APRIL);
    assert_eq!(std::mem::replace(&mut april.price, Price::untold()), price(usdc("0.298160").amount));
    insta::assert_json_snapshot!(april, @r#"
    {
      "handle": {
        "version": 1,
        "provider": "fluence",
        "instance": "0x311edB209b61EaA8c3e67c6B96D03288DB5Bc020"
      },
      "name": "vm-name",
      "state": "running",
      "word": "ACTIVE",
      "size": {
        "vcpus": 2,
        "memory_mib": 4096
      },
      "disks": [
        {
          "size_mib": 25600,
          "kind": "SSD",
          "system": true
        }
      ],
      "location": {
        "country": "FR",
        "city": "PAR",
        "data_centre": {
          "id": "0x0000000000000000000000000000000000000000000000000000000000000005",
          "tier": 4,
          "certifications": [
            "PCI DSS",
            "ISO 9001:2015",
            "ISO/IEC 27001:2022"
          ]
        }
      },
      "image": {
        "id": "https://cloud-images.ubuntu.com/releases/22.04/release/ubuntu-22.04-server-cloudimg-amd64.img"
      },
      "login_user": "ubuntu",
      "public_addresses": [
        "154.42.3.159"
      ],
      "private_addresses": [],
      "ports": [
        "22/tcp"
      ],
      "price": {
        "currency": null,
        "charges": [],
        "unknown": [
          "the provider tells no price"
        ]
      },
      "spent": {
        "amount": "17.846000",
        "currency": "USDC"
      },
      "reserved": {
        "amount": "0.359440",
        "currency": "USDC"
      },
      "next_billing_at": "2025-04-16T17:59:55Z",
      "created_at": "2025-04-01T16:50:57Z",
      "labels": {},
      "extras": {
        "NETWORK_BANDWIDTH": "quantity=1000; shared=true",
        "PUBLIC_IP": "quantity=1; version=4",
        "RAM": "generation=4; type=DDR; details={\"manufacturer\":\"Samsung\",\"model\":\"DGX\",\"speed\":3600}",
        "STORAGE": "details={\"manufacturer\":\"WD\",\"sequentialWriteSpeed\":15000}",
        "VCPU": "manufacturer=AMD; brand=EPYC; architecture=Zen; generation=2; details={\"model\":\"7702p\"}",
        "cityIndex": "1"
      }
    }
    "#);
}

#[test]
fn the_may_list_tells_the_same_machine_in_other_units() {
    let (april, may) = (read(Contract::April2025, VM_APRIL), read(Contract::May2025, VM_MAY));
    assert_eq!((may.size, &may.disks), (april.size, &april.disks));
    assert_eq!(may.price, price("2.4352".parse().unwrap()));
    assert_eq!((may.spent, may.reserved), (Some(usdc("2.4352")), Some(usdc("2.4352"))));
    assert_eq!(may.created_at, "2025-04-30T11:23:05Z".parse().ok());
    assert_eq!(may.next_billing_at, "2025-04-30T11:55:09Z".parse().ok());
    assert_eq!(may.extras["statusChangedAt"], "2025-04-30T11:26:41Z");
    assert_eq!(may.location.data_centre.as_ref().unwrap().id, None);
}

#[test]
fn a_machine_ended_by_the_provider_is_failed_and_keeps_its_figures() {
    let ended = read(Contract::May2025, VM_TERMINATED);
    assert_eq!((ended.state, ended.word.as_str()), (State::Failed, "Terminated"));
    assert_eq!((ended.reserved, ended.spent), (Some(usdc("0.30697")), Some(usdc("2.45576"))));
    assert_eq!((ended.location, ended.next_billing_at), (Location::default(), None));
    assert!(ended.public_addresses.is_empty() && ended.extras.is_empty());
}

#[test]
fn money_is_read_by_contract_and_never_by_its_looks() {
    let cases = [
        (Contract::April2025, json!(298_160), Some("0.298160")),
        (Contract::April2025, json!("2"), Some("0.000002")),
        (Contract::May2025, json!("2"), Some("2")),
        (Contract::May2025, json!(2), Some("2")),
        (Contract::May2025, json!(0.30697), Some("0.30697")),
        (Contract::May2025, json!(".30697"), Some("0.30697")),
        (Contract::April2025, json!("2.4352"), None),
        (Contract::April2025, json!(2.4352), None),
        (Contract::May2025, json!("2,4352"), None),
        (Contract::May2025, json!({ "amount": 2 }), None),
    ];
    for (contract, figure, wanted) in cases {
        let instance = read(contract, json!({ "id": "0x1", "pricePerEpoch": figure }).to_string());
        match wanted {
            Some(amount) => {
                assert_eq!(instance.price, price(amount.parse().unwrap()), "{figure}");
            }
            None => {
                assert!(instance.price.charges().is_empty(), "{figure}");
                let why = &instance.price.unknown_parts()[0];
                assert!(why.starts_with("`pricePerEpoch`: "), "{why}");
                assert!(instance.extras.get("pricePerEpoch").is_some(), "{figure}");
            }
        }
    }
}

#[test]
fn sizes_are_read_by_their_unit_and_an_unknown_unit_is_kept() {
    let memory = |contract, resource: Value| {
        read(contract, json!({ "id": "0x1", "resources": [resource] }).to_string())
    };
    let (april, may) = (Contract::April2025, Contract::May2025);
    let rows = [
        (april, json!({"type":"RAM","quantity":4096}), 4_096),
        (april, json!({"type":"RAM","quantity":"4096"}), 4_096),
        (april, json!({"type":"RAM","supply":"4096","units":"MiB"}), 4_096),
        (may, json!({"type":"RAM","supply":4,"units":"GiB"}), 4_096),
        (may, json!({"type":"RAM","supply":0.5,"units":"GiB"}), 512),
        (may, json!({"type":"RAM","supply":"4096","units":"MiB"}), 4_096),
    ];
    for (contract, resource, mib) in rows {
        let instance = memory(contract, resource.clone());
        assert_eq!((instance.size.memory_mib, instance.extras.len()), (mib, 0), "{resource}");
    }
    for resource in [
        json!({"type":"RAM","supply":4,"units":"TB"}),
        json!({"type":"RAM","supply":4}),
        json!({"type":"RAM","quantity":4096}),
        json!({"type":"RAM","supply":-4,"units":"GiB"}),
        json!({"type":"RAM","supply":0.0001,"units":"GiB"}),
        json!({"type":"RAM","supply":u64::MAX,"units":"GiB"}),
    ] {
        let instance = memory(may, resource.clone());
        assert_eq!(instance.size.memory_mib, 0, "{resource}");
        assert!(instance.extras["RAM"].starts_with(['s', 'q']), "{resource}");
    }
    let two = read(
        may,
        json!({"id":"0x1","resources":[
            {"type":"STORAGE","supply":25,"units":"GiB","metadata":{"type":"SSD"}},
            {"type":"STORAGE","supply":20,"units":"GiB","metadata":{"type":"NVMe"}},
            {"type":"GPU","supply":1,"metadata":{"generation":5}},
            {"quantity":7}]})
        .to_string(),
    );
    let disks: Vec<_> =
        two.disks.iter().map(|disk| (disk.size_mib, disk.kind.as_deref(), disk.system)).collect();
    assert_eq!(disks, [(25_600, Some("SSD"), true), (20_480, Some("NVMe"), false)]);
    assert_eq!(two.extras["GPU"], "supply=1; generation=5");
    assert_eq!(two.extras["resources"], "quantity=7");
}

#[test]
fn what_does_not_parse_is_kept_and_loses_no_machine() {
    let odd = read(
        Contract::April2025,
        json!({"id":"0xAb","vmName":"x","status":"ACTIVE","createdAt":"+002025-03-01T00:00:000000000Z",
               "nextBillingAt":"soon","publicIp":"not an address","ports":[{"port":132,"protocol":"sctp"},
               {"port":99999,"protocol":"tcp"},{"port":0,"protocol":"tcp"},{"port":53,"protocol":"UDP"}],
               "datacenter":{"countryCode":"XX","tier":"best","certifications":null}})
        .to_string(),
    );
    assert_eq!((odd.state, odd.handle.id()), (State::Running, "0xAb"));
    assert_eq!(odd.ports, ["53/udp".parse().unwrap()]);
    let kept: Vec<(&str, &str)> = odd.extras.iter().collect();
    assert_eq!(
        kept,
        [
            ("countryCode", "XX"),
            ("createdAt", "+002025-03-01T00:00:000000000Z"),
            ("nextBillingAt", "soon"),
            ("ports", "132/sctp | 99999/tcp | 0/tcp"),
            ("publicIp", "not an address"),
            ("tier", "best"),
        ]
    );
    let empty = read(Contract::May2025, "{}");
    assert_eq!((empty.state, empty.handle.id()), (State::Unrecognised, ""));
}

#[test]
fn an_asked_handle_takes_the_exact_id_of_the_list() {
    let asked = Handle::of_instance(&provider(), "0xABC");
    let listed = read(Contract::May2025, r#"{"id":"0xaBc","status":"Active"}"#);
    let observation = Observation::of_instance(asked, listed, jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(observation.handle.id(), "0xaBc");
}
