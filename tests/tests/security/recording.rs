//! What a recording keeps of an order: everything but what must not be shown.

use std::sync::Arc;

use serde_json::json;
use vmbroker_core::{Clock, ComputeProvider, Secret};
use vmbroker_http::{HttpTransport, Recording, Transport};
use vmbroker_sim::{Dialect, Sandbox, SandboxConfig};
use vmbroker_tests::{account, wish};
use vmbroker_zenlayer::{Config, Credentials, Zenlayer};

use crate::front::Front;
use crate::leak::{MACHINE_PASSWORD, TOKEN, USER_DATA, leak, script};

#[tokio::test(start_paused = true)]
async fn no_recording_keeps_user_data_or_the_password_of_a_machine() {
    let clock = Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
    for dialect in [Dialect::Waldur, Dialect::Zenlayer] {
        let config = SandboxConfig { dialects: vec![dialect], ..SandboxConfig::new(clock.clone()) };
        let sandbox = Sandbox::start(config).await.unwrap();
        let cloud = &sandbox.clouds()[0].cloud;
        cloud.account().credentials.secret = TOKEN.to_owned();
        let front = Front::of(&sandbox.clouds()[0].url).await;
        let id = Secret::new(cloud.account().credentials.id.clone());
        let credentials = Credentials::key(id, Secret::new(TOKEN));
        let credentials = credentials.with_machine_password(Secret::new(MACHINE_PASSWORD));
        let plain: Arc<dyn Transport> = Arc::new(HttpTransport::new(None).unwrap());
        let recording = Arc::new(Recording::new(plain, credentials.secrets()));
        let mut wish = wish();
        wish.user_data = Some(script());
        let provider: Arc<dyn ComputeProvider> = if dialect == Dialect::Waldur {
            account(dialect, &front.url(), cloud, &clock, recording.clone())
        } else {
            let login = json!({ "login": "password" });
            wish.options.insert("zenlayer".to_owned(), login.as_object().unwrap().clone());
            let config = Config { url: Some(front.url()), ..Config::default() };
            let id = "zenlayer".parse().unwrap();
            Arc::new(Zenlayer::over(recording.clone(), id, config, credentials, clock.clone()).unwrap())
        };
        provider.create(&wish).await.unwrap_or_else(|error| panic!("{dialect}: {error}"));
        let kept =
            serde_json::to_string(&recording.exchanges()).unwrap() + &format!("{:?}", recording.exchanges());
        assert_eq!(leak(kept.as_bytes()), None, "{dialect}: {kept}");
        assert!(kept.contains(wish.marker.as_str()) && kept.contains("[secret]"), "{dialect}: {kept}");
        // What was really sent is what the recording must not be.
        assert!(front.saw(USER_DATA), "{dialect}");
        assert_eq!(front.saw(MACHINE_PASSWORD), dialect == Dialect::Zenlayer);
    }
}
