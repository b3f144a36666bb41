//! Redirects: what a provider asks to be sent elsewhere is never sent elsewhere, neither a credential nor an order.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use vmbroker_core::{ComputeProvider, Effect, Handle, OfferQuery};
use vmbroker_http::{Answer, HttpConfig, HttpTransport, Limits, Request, Transport, TransportError};
use vmbroker_sim::{Dialect, Sandbox, SandboxConfig};
use vmbroker_tests::{account, proof, wish};

use crate::authority::{Authority, Flaw};
use crate::front::{Act, Asked, Front, Trap};

const STATUSES: [u16; 6] = [300, 301, 302, 303, 307, 308];

async fn clouds() -> Sandbox {
    let clock = vmbroker_core::Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
    let config = SandboxConfig { dialects: Dialect::ALL.to_vec(), ..SandboxConfig::new(clock) };
    Sandbox::start(config).await.unwrap()
}

fn moved(status: u16, target: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} Moved\r\nlocation: {target}\r\nrefresh: 0; url={target}\r\n");
    format!("{head}content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}").into_bytes()
}

/// Whether this is the order itself, by what the dialect's documents say of it.
fn is_create(dialect: Dialect, asked: &Asked) -> bool {
    match dialect {
        Dialect::Fluence202504 | Dialect::Fluence202505 => asked.line.starts_with("POST /vms/v3"),
        Dialect::Wayscloud | Dialect::Waldur => asked.line.starts_with("POST /api/marketplace-orders/ "),
        Dialect::Zenlayer => asked.head.contains("x-zc-action: CreateInstances"),
    }
}

/// Everything that can be asked.
async fn ask(provider: &dyn ComputeProvider) {
    let handle = Handle::of_instance(provider.id(), "1");
    provider.list().await.map(drop).unwrap_err();
    provider.offers(&OfferQuery::default()).await.map(drop).unwrap_err();
    let _ = provider.status(std::slice::from_ref(&handle)).await;
    let _ = provider.delete(&handle).await;
    provider.create(&wish()).await.map(drop).unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_where_a_redirect_points() {
    let (sandbox, trap, authority) = (clouds().await, Trap::set().await, Authority::new());
    let mut redirects = 0_u64;
    for dialect in Dialect::ALL {
        let running = sandbox.cloud(dialect).unwrap();
        let plain = Front::of(&running.url).await;
        let behind_tls = Front::start(&running.url, Some(authority.server(Flaw::None))).await;
        let http = HttpConfig { ca_certificates: Some(authority.pem()), ..HttpConfig::default() };
        let ways = [
            (plain.clone(), plain.url()),
            (behind_tls.clone(), format!("https://localhost:{}", behind_tls.port)),
        ];
        for (front, url) in ways {
            let transport = Arc::new(HttpTransport::of(&http).unwrap());
            let provider = account(dialect, &url, &running.cloud, running.cloud.clock(), transport);
            let port = trap.port;
            // Another port, another host, another scheme, up and down, with and without one.
            let targets = [
                format!("http://127.0.0.1:{port}/"),
                format!("http://localhost:{port}/x"),
                format!("https://127.0.0.1:{port}/"),
                format!("//127.0.0.1:{port}/"),
                format!("http://user:pass@127.0.0.1:{port}/"),
            ];
            for (status, target) in
                STATUSES.iter().flat_map(|status| targets.iter().map(move |it| (*status, it.clone())))
            {
                let place = target.clone();
                front.meddle(move |_| Act::Say(moved(status, &place)));
                ask(provider.as_ref()).await;
                // Now all goes well until the order itself.
                let (place, created) = (target.clone(), running.cloud.ledger().entries.len());
                front.meddle(move |asked| {
                    if is_create(dialect, asked) { Act::Say(moved(status, &place)) } else { Act::Pass }
                });
                let error = provider.create(&wish()).await.unwrap_err();
                assert_eq!(error.effect(), Effect::Unknown, "{dialect} {status}: {error}");
                assert_eq!(running.cloud.ledger().entries.len(), created, "{dialect} {status}");
                redirects += 6;
            }
        }
    }
    let (connections, caught) = trap.caught().await;
    assert_eq!((connections, caught.as_str()), (0, ""), "something was sent elsewhere");
    proof::tried(
        "security: redirects not followed",
        &[("redirects answered", redirects), ("dialects", 5)],
        "",
    );
}

/// A transport that does what most do unless they are told not to.
struct Obedient(HttpTransport);

impl fmt::Debug for Obedient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Obedient")
    }
}

#[async_trait]
impl Transport for Obedient {
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        let answer = self.0.round_trip(request, limits).await?;
        match answer.header("location").and_then(|target| request.url.join(target).ok()) {
            Some(url) if (300..400).contains(&answer.status) => {
                self.0.round_trip(&Request { url, ..request.clone() }, limits).await
            }
            _ => Ok(answer),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_follows_redirects_gives_its_credential_away() {
    let sandbox = clouds().await;
    for dialect in Dialect::ALL {
        let trap = Trap::set().await;
        let running = sandbox.cloud(dialect).unwrap();
        let front = Front::of(&running.url).await;
        let place = format!("http://127.0.0.1:{}/", trap.port);
        front.meddle(move |_| Act::Say(moved(307, &place)));
        let transport = Arc::new(Obedient(HttpTransport::new(None).unwrap()));
        let provider = account(dialect, &front.url(), &running.cloud, running.cloud.clock(), transport);
        let _ = provider.list().await;
        let (connections, caught) = trap.caught().await;
        let credentials = running.cloud.account().credentials.clone();
        // Zenlayer's secret signs the request and is never sent; its signature is as good for minutes.
        let given = if dialect == Dialect::Zenlayer { &credentials.id } else { &credentials.secret };
        assert!(connections > 0 && caught.contains(given.as_str()), "{dialect}: {caught}");
    }
}

#[tokio::test(start_paused = true)]
async fn links_in_an_answer_that_lead_elsewhere_are_not_followed() {
    let (sandbox, trap) = (clouds().await, Trap::set().await);
    for dialect in Dialect::ALL {
        let running = sandbox.cloud(dialect).unwrap();
        running.cloud.account().profile.page_cap = Some(2);
        let front = Front::of(&running.url).await;
        let transport = Arc::new(HttpTransport::new(None).unwrap());
        let provider = account(dialect, &front.url(), &running.cloud, running.cloud.clock(), transport);
        for _ in 0..5 {
            provider.create(&wish()).await.unwrap_or_else(|error| panic!("{dialect}: {error}"));
        }
        let (own, elsewhere) = (front.url(), format!("http://127.0.0.1:{}", trap.port));
        front.meddle(move |_| {
            let (own, elsewhere) = (own.clone(), elsewhere.clone());
            // Each URL in the body; those in a header are below.
            Act::Change(Box::new(move |body| {
                String::from_utf8_lossy(body).replace(&own, &elsewhere).into_bytes()
            }))
        });
        let _ = provider.list().await;
        let _ = provider.offers(&OfferQuery::default()).await;
        let _ = provider.create(&wish()).await;
        // A page that names the next one in a header and in its body, and nothing that counts.
        let next = format!("http://127.0.0.1:{}/api/x/?page=2", trap.port);
        front.meddle(move |asked| {
            let row = "{\"uuid\":\"68308972a32c419a956a63aae54d0c7a\",\"name\":\"x\",\"state\":\"OK\"}";
            let body = if asked.line.contains("page=2") {
                "[]".to_owned()
            } else if dialect == Dialect::Wayscloud {
                format!("{{\"next\":\"{next}\",\"results\":[{row}]}}")
            } else {
                format!("[{row}]")
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\nlink: <{next}>; rel=\"next\"\r\ncontent-type: application/json\r\n"
            );
            if asked.line.starts_with("GET") {
                Act::Say(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes())
            } else {
                Act::Pass
            }
        });
        let _ = provider.list().await;
        let _ = provider.offers(&OfferQuery::default()).await;
    }
    let (connections, caught) = trap.caught().await;
    assert_eq!((connections, caught.as_str()), (0, ""), "something was sent elsewhere");
}
