use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use vmbroker::deploy::Draw;
use vmbroker::{
    Account, Clock, ComputeProviderExt, CreateRequest, Effect, Goal, ImageWish, Kind, Owner, Secret, Size,
    Wait,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, key_file] = arguments.as_slice() else { return Err("usage: my-broker URL KEY.pub".into()) };

    // An account: which cloud, what its adapter is told, and its secrets. At the real cloud, `settings` may be `{}`:
    // that of the sandbox is somewhere else, and much faster.
    let timing = json!({ "poll_every": "1s", "list_lags_by": "1s", "visible_within": "10s" });
    let api_key = Secret::new(std::env::var("FLUENCE_API_KEY")?);
    let clock = Clock::system();
    let account = Account {
        id: "fluence".parse()?,
        kind: Kind::Fluence,
        settings: serde_json::from_value(json!({ "url": url, "timing": timing }))?,
        credentials: BTreeMap::from([("api_key".to_owned(), api_key)]),
    };
    let account = account.open(&clock)?;

    // A wish, under a marker that goes into the machine's name.
    let marker = Draw::system().marker(Owner::of_installation("my-broker"))?;
    let size = Size { vcpus: 2, memory_mib: 4_096 };
    let key = std::fs::read_to_string(key_file)?.parse()?;
    let wish = CreateRequest::new(marker, size, ImageWish::Name("ubuntu-22.04".to_owned()), key);

    println!("ordering {marker}"); // keep this text: should the answer be lost, it is enough to find the machine
    let handle = match account.create(&wish).await {
        Ok(handle) => handle,
        Err(error) if error.effect() == Effect::Unknown => {
            // It may exist, and cost money: never order another before this one is found or proven absent.
            println!("{error}; of that marker there are: {:?}", account.find(marker).await?);
            return Err(error.into());
        }
        Err(error) => return Err(error.into()), // nothing was ordered
    };
    let wait = Wait::new(clock, Duration::from_secs(20 * 60));
    let reached = account.wait_until(&handle, Goal::Reachable, &wait).await;
    if let Ok(Some(machine)) = reached.as_ref().map(|seen| seen.instance()) {
        println!("{handle} is {} at {:?}", machine.state, machine.public_addresses);
    }
    // The handle of the last look knows that the machine was there, so that its end is proven sooner.
    let last = reached.as_ref().map_or(&handle, |seen| &seen.handle);
    account.delete_until_gone(last, &wait).await?;
    println!("{handle} is gone");
    reached?;
    Ok(())
}
