//! TLS: whoever cannot prove who it is gets not one byte of a request, and so no credential and no order.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use vmbroker_core::{Clock, ComputeProvider, Effect, ErrorKind};
use vmbroker_http::{HttpConfig, HttpTransport};
use vmbroker_sim::{Dialect, Sandbox, SandboxConfig};
use vmbroker_tests::{account, proof, wish};

use crate::authority::{Authority, Flaw};
use crate::front::Front;
use crate::program::World;

/// A cloud of each dialect.
async fn clouds() -> Sandbox {
    let clock = Clock::simulated("2026-11-21T08:00:00Z".parse().unwrap(), 1);
    let config = SandboxConfig { dialects: Dialect::ALL.to_vec(), ..SandboxConfig::new(clock) };
    Sandbox::start(config).await.unwrap()
}

/// An account at a port of this machine, over TLS, that trusts this authority besides.
fn at(sandbox: &Sandbox, dialect: Dialect, port: u16, pem: Option<String>) -> Arc<dyn ComputeProvider> {
    let cloud = &sandbox.cloud(dialect).unwrap().cloud;
    let http = HttpConfig { ca_certificates: pem, ..HttpConfig::default() };
    let transport = Arc::new(HttpTransport::of(&http).unwrap());
    account(dialect, &format!("https://localhost:{port}"), cloud, cloud.clock(), transport)
}

/// That neither a read nor a create says anything to who is there.
async fn says_nothing(provider: &dyn ComputeProvider, sentence: &str, case: &str) {
    let read = provider.list().await.map(drop).unwrap_err();
    let create = provider.create(&wish()).await.map(drop).unwrap_err();
    for error in [read, create] {
        assert_eq!((error.kind(), error.effect()), (ErrorKind::Unavailable, Effect::None), "{case}: {error}");
        let text = error.to_string();
        assert!(text.to_lowercase().contains("tls") && text.contains(sentence), "{case}: {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_proves_nothing_ends_it_before_a_byte_of_a_request() {
    let rows = [
        (Flaw::Name, "is for another name than the URL's"),
        (Flaw::Expired, "has expired"),
        (Flaw::NotYet, "is not valid yet"),
        (Flaw::SelfSigned, "no authority that is trusted here"),
        (Flaw::Authority, "is not accepted"),
        (Flaw::Namesake, "TLS failed"),
    ];
    let (sandbox, authority) = (clouds().await, Authority::new());
    let mut refused = 0;
    for dialect in Dialect::ALL {
        let running = sandbox.cloud(dialect).unwrap();
        for (flaw, sentence) in rows {
            let front = Front::start(&running.url, Some(authority.server(flaw))).await;
            let provider = at(&sandbox, dialect, front.port, Some(authority.pem()));
            says_nothing(provider.as_ref(), sentence, &format!("{dialect} {flaw:?}")).await;
            assert!(front.seen().is_empty(), "{dialect} {flaw:?}: it heard something");
            refused += 1;
        }
        // The very same with a certificate that is right, and whose authority is trusted or is not.
        let front = Front::start(&running.url, Some(authority.server(Flaw::None))).await;
        let stranger = at(&sandbox, dialect, front.port, None);
        says_nothing(stranger.as_ref(), "`ca_file`", &format!("{dialect}, not trusted")).await;
        let other = at(&sandbox, dialect, front.port, Some(Authority::new().pem()));
        says_nothing(other.as_ref(), "TLS failed", &format!("{dialect}, another one is trusted")).await;
        assert!(front.seen().is_empty(), "{dialect}");
        let trusting = at(&sandbox, dialect, front.port, Some(authority.pem()));
        trusting.create(&wish()).await.unwrap_or_else(|error| panic!("{dialect}: {error}"));
        trusting.list().await.unwrap_or_else(|error| panic!("{dialect}: {error}"));
        assert!(front.saw("vmbroker/"), "{dialect}: it is heard by who can prove who it is");
        assert!(front.seen().iter().all(|asked| asked.line.ends_with("HTTP/1.1")), "{dialect}");
        assert_eq!(
            running.cloud.ledger().entries.len(),
            1,
            "{dialect}: one machine, by the one that is trusted"
        );
        refused += 2;
    }
    let counts = [("handshakes refused", refused), ("dialects", 5)];
    proof::tried("security: TLS with certificates that prove nothing", &counts, "");
}

/// A ServerHello of TLS 1.1 (RFC 4346, 7.4.1.3), with a cipher suite that its time had.
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0x00, 0x00, 0x2f, 0x00]);
    let mut message = vec![0x02, 0x00, 0x00, u8::try_from(hello.len()).unwrap()];
    message.extend(hello);
    let mut record = vec![0x16, 0x03, 0x02, 0x00, u8::try_from(message.len()).unwrap()];
    record.extend(message);
    record
}

/// A port that answers the first bytes it gets with these, and then notes whatever comes.
async fn answers(bytes: Vec<u8>) -> (u16, Arc<std::sync::Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = Arc::<std::sync::Mutex<Vec<u8>>>::default();
    let noted = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (bytes, noted) = (bytes.clone(), Arc::clone(&noted));
            tokio::spawn(async move {
                let mut chunk = [0; 8_192];
                let mut first = true;
                while let Ok(read @ 1..) = stream.read(&mut chunk).await {
                    noted.lock().unwrap().extend_from_slice(&chunk[..read]);
                    if first && (bytes.is_empty() || stream.write_all(&bytes).await.is_err()) {
                        return;
                    }
                    first = false;
                }
            });
        }
    });
    (port, heard)
}

#[tokio::test(start_paused = true)]
async fn who_speaks_no_tls_or_one_too_old_hears_no_request() {
    let rows = [
        ("TLS 1.1", hello_of_tls_1_1(), ""),
        ("an alert that TLS 1.2 is too new", vec![0x15, 0x03, 0x02, 0x00, 0x02, 0x02, 0x46], ""),
        ("plain HTTP", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]".to_vec(), ""),
        ("nothing at all", Vec::new(), ""),
    ];
    let sandbox = clouds().await;
    for (case, bytes, sentence) in rows {
        let (port, heard) = answers(bytes).await;
        for dialect in Dialect::ALL {
            let provider = at(&sandbox, dialect, port, None);
            says_nothing(provider.as_ref(), sentence, &format!("{dialect}: {case}")).await;
        }
        let heard = String::from_utf8_lossy(&heard.lock().unwrap()).into_owned();
        let secret = sandbox.clouds()[0].cloud.account().credentials.secret.clone();
        assert!(!heard.is_empty() && !heard.contains(&secret) && !heard.contains("HTTP"), "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_program_trusts_a_private_authority_where_its_account_says_so_and_nowhere_else() {
    let world = World::start("canary-7Q3xVd81mZk20LwP").await;
    let authority = Authority::new();
    let waldur = world.sandbox.cloud(Dialect::Waldur).unwrap();
    let front = Front::start(&waldur.url, Some(authority.server(Flaw::None))).await;
    world.home.file("ca.pem", authority.pem(), 0o644);
    world.home.file("key.pem", "-----BEGIN PRIVATE KEY-----\n", 0o600);
    let url = format!("https://localhost:{}", front.port);
    let config = |more: &str| {
        world.home.file("tls.toml", crate::program::account_text("ours", Dialect::Waldur, &url, more), 0o644);
    };
    let list = ["list", "--config", "tls.toml"];
    config("");
    let refused = world.home.run(&list).await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.err.contains("TLS failed") && refused.err.contains("`ca_file`"), "{refused:?}");
    assert!(front.seen().is_empty());
    config("ca_file = \"ca.pem\"");
    world.home.well(&list).await;
    assert!(front.saw("GET /api/"), "it is asked");
    let told = world.home.well(&["providers", "--config", "tls.toml"]).await;
    assert!(
        told.err.contains("note: `ours` trusts the certificates of ") && told.err.contains("/ca.pem, too")
    );
    let document = world.home.well(&["providers", "--config", "tls.toml", "--output", "json"]).await.json();
    assert!(document["accounts"][0]["ca_file"].as_str().unwrap().ends_with("/ca.pem"), "{document}");
    front.forget();
    for (more, why) in [
        ("ca_file = \"nowhere.pem\"", "No such file"),
        ("ca_file = \"key.pub\"", "holds no certificate"),
        ("ca_file = \"key.pem\"", "holds a private key"),
        ("ca_file = 5", "must be the path of a file"),
        ("ca_fiel = \"ca.pem\"", "did you mean `ca_file`?"),
        ("ca_certificates = \"x\"", "`http.ca_certificates` cannot be used: it holds no certificate"),
    ] {
        config(more);
        let wrong = world.home.run(&list).await;
        assert_eq!(wrong.code, 3, "{more}: {wrong:?}");
        assert!(wrong.err.contains(why), "{more}: {wrong:?}");
    }
    assert!(front.seen().is_empty(), "nothing is asked with a configuration that is wrong");
    // To other machines there is no plain HTTP, whatever an account trusts.
    for url in
        ["http://192.0.2.1", "http://localhost.example.com", "http://[2001:db8::1]:80", "ftp://127.0.0.1"]
    {
        let text = crate::program::account_text("ours", Dialect::Waldur, url, "ca_file = \"ca.pem\"");
        world.home.file("tls.toml", text, 0o644);
        let wrong = world.home.run(&list).await;
        assert_eq!((wrong.code, wrong.err.contains("`url` is `")), (3, true), "{url}: {wrong:?}");
    }
}
