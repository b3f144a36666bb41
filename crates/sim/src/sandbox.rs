//! Simulated clouds on loopback ports.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use vmbroker_core::Clock;

use crate::control;
use crate::serve::serve;
use crate::{Cloud, Dialect};

/// Which simulated clouds to run, and where.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// The clock they all live by.
    pub clock: Clock,
    /// The seed: the same one gives the same ids, addresses and durations.
    pub seed: u64,
    /// Which dialects, each with a cloud and a port of its own.
    pub dialects: Vec<Dialect>,
    /// The first port: the control face has it, the dialects those after it. 0: any free ones.
    pub first_port: u16,
}

impl SandboxConfig {
    /// One cloud of each provider, on free ports.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, seed: 1, dialects: Dialect::DEFAULT.to_vec(), first_port: 0 }
    }
}

/// One simulated cloud that runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// What it speaks.
    pub dialect: Dialect,
    /// Where, such as `http://127.0.0.1:49152`.
    pub url: String,
    /// The cloud itself.
    pub cloud: Cloud,
}

/// Simulated clouds on loopback ports, stopped when this is dropped.
#[derive(Debug)]
pub struct Sandbox {
    clouds: Vec<Running>,
    control_url: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts the clouds and their control face, on 127.0.0.1 only.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start(config: SandboxConfig) -> io::Result<Self> {
        let mut tasks = Vec::new();
        let mut port = config.first_port;
        let mut next_listener = async || {
            let listener = TcpListener::bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await?;
            port = if port == 0 { 0 } else { port.saturating_add(1) };
            let url = format!("http://{}", listener.local_addr()?);
            Ok::<_, io::Error>((listener, url))
        };
        let (control_listener, control_url) = next_listener().await?;
        let mut clouds = Vec::new();
        for (at, dialect) in (0..).zip(config.dialects) {
            let (listener, url) = next_listener().await?;
            let cloud = dialect.cloud(config.clock.clone(), config.seed.wrapping_add(at));
            tasks.push(spawn(serve(listener, cloud.clone(), dialect.face())));
            clouds.push(Running { dialect, url, cloud });
        }
        tasks.push(spawn(control::serve(control_listener, clouds.clone())));
        Ok(Self { clouds, control_url, tasks })
    }

    /// Every cloud that runs.
    #[must_use]
    pub fn clouds(&self) -> &[Running] {
        &self.clouds
    }

    /// The first cloud of this dialect.
    #[must_use]
    pub fn cloud(&self, dialect: Dialect) -> Option<&Running> {
        self.clouds.iter().find(|running| running.dialect == dialect)
    }

    /// Where the control face is.
    #[must_use]
    pub fn control_url(&self) -> &str {
        &self.control_url
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn spawn(serving: impl Future<Output = io::Result<()>> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        // Serving ends with the task only; a listener that fails ends this cloud alone.
        let _ = serving.await;
    })
}
