//! An account over exchanges that a test lays out.

use std::sync::Arc;

use serde_json::{Value, json};
use vmbroker_core::{Clock, CreateRequest, Handle, Marker, OfferId, Owner, Secret, Size};
use vmbroker_fluence::{Config, Contract, Credentials, Fluence};
use vmbroker_http::{Exchange, Replay};

pub(crate) const CANARY: &str = "canary-7f3a9b-secret";
pub(crate) const APRIL: Contract = Contract::April2025;
pub(crate) const MAY: Contract = Contract::May2025;
pub(crate) const SMALL: &str = "cpu-2-ram-4gb-storage-25gb";
pub(crate) const LARGE: &str = "cpu-4-ram-8gb-storage-25gb";
pub(crate) const ID: &str = "0xCbfC94101AE30f212790B6Da340fD071B5eee86D";

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0mF4kuFzFLoOfCh3mCDGEXLLXmoxpQvC1i3ZxVQeBn me@home";

/// An account and what it asked.
pub(crate) struct World {
    pub(crate) fluence: Fluence,
    pub(crate) replay: Arc<Replay>,
}

pub(crate) fn config(contract: Contract) -> Config {
    Config { contract, ..Config::default() }
}

pub(crate) fn world(contract: Contract, exchanges: Vec<Exchange>) -> World {
    world_of(config(contract), exchanges)
}

pub(crate) fn world_of(config: Config, exchanges: Vec<Exchange>) -> World {
    let replay = Arc::new(Replay::new(exchanges));
    let credentials = Credentials { api_key: Secret::new(CANARY) };
    let id = "fluence".parse().unwrap();
    let fluence = Fluence::over(replay.clone(), id, config, credentials, clock()).unwrap();
    World { fluence, replay }
}

pub(crate) fn clock() -> Clock {
    Clock::simulated("2025-05-01T12:00:00Z".parse().unwrap(), 1)
}

impl World {
    /// Verb and path of everything that was asked, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.replay.asked().iter().map(|it| format!("{} {}", it.method, it.path)).collect()
    }

    /// How many creates went out.
    pub(crate) fn creates(&self) -> usize {
        self.calls().iter().filter(|call| *call == "POST /vms/v3").count()
    }

    /// The bodies that were sent to this path.
    pub(crate) fn bodies(&self, path: &str) -> Vec<Value> {
        let asked = self.replay.asked();
        let bodies = asked.iter().filter(|it| it.path == path).filter_map(|it| it.body.as_deref());
        bodies.map(|body| serde_json::from_str(body).unwrap()).collect()
    }
}

pub(crate) fn marker() -> Marker {
    Marker::new(Owner::of_installation("test"), [1; 10])
}

pub(crate) fn wish() -> CreateRequest {
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    CreateRequest::new(marker(), size, "ubuntu-22.04".parse().unwrap(), KEY.parse().unwrap())
}

/// A wish for one offer and one image: under 2025-05 it needs no look-up.
pub(crate) fn exact_wish() -> CreateRequest {
    let mut wish = wish();
    wish.machine = vmbroker_core::MachineWish::Offer(OfferId(format!("{SMALL}@DE")));
    wish.image = "id:https://x.example/disk.img".parse().unwrap();
    wish
}

pub(crate) fn offer(slug: &str, left: u64) -> Value {
    json!({"configuration":{"slug":slug,"price":"0.3"},"resources":[],
           "datacenter":{"countryCode":"DE","cityCode":"FRA","cityIndex":1,"tier":3,"certifications":[]},
           "servers":[{"availableBasicInstances":left,"additionalResources":[]}],"maxAdditionalSupply":[]})
}

pub(crate) fn offers(rows: &[Value]) -> Exchange {
    Exchange::new("POST", "/marketplace/offers", 200, Value::from(rows.to_vec()).to_string())
}

pub(crate) fn created(id: &str) -> Exchange {
    let answer = json!([{"vmId":id,"vmName":marker().to_string()}]).to_string();
    Exchange::new("POST", "/vms/v3", 200, answer)
}

pub(crate) fn listed(contract: Contract, rows: &[Value]) -> Exchange {
    let path = if contract == APRIL { "/vms/v2" } else { "/vms/v3" };
    Exchange::new("GET", path, 200, Value::from(rows.to_vec()).to_string())
}

pub(crate) fn vm(id: &str, status: &str) -> Value {
    json!({"id":id,"vmName":marker().to_string(),"status":status,"publicIp":"192.0.2.1","ports":[]})
}

pub(crate) fn handle(id: &str) -> Handle {
    Handle::of_instance(&"fluence".parse().unwrap(), id)
}
