//! The way to the simulated cloud without a connection: what is sent arrives, and what comes back is what HTTP would
//! have brought, or lost.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use vmbroker::Clock;
use vmbroker_http::{Answer, Limits, Request, Transport, TransportError};
use vmbroker_sim::{self as sim, Cloud, Ending, Face, Fault, FaultKind, Refusal};

use crate::kind::{Act, Promises};
use crate::lack::Lack;
use crate::life::Life;
use crate::script::{Script, Strike};

/// How long a request is on its way.
const WAY: Duration = Duration::from_millis(50);

/// A simulated cloud, with what goes wrong there.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) cloud: Cloud,
    pub(crate) face: Arc<dyn Face>,
    pub(crate) clock: Clock,
    pub(crate) promises: Promises,
    pub(crate) script: Arc<Script>,
    pub(crate) lack: Option<Lack>,
}

/// The way to it, as one life of the program has it, or as a person has it, to whom nothing goes wrong.
pub(crate) struct Door {
    site: Site,
    life: Option<Arc<Life>>,
}

impl Door {
    pub(crate) fn of(site: &Site, life: Option<&Arc<Life>>) -> Arc<Self> {
        Arc::new(Self { site: site.clone(), life: life.cloned() })
    }

    fn is_dead(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.is_over())
    }

    async fn call(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        let request = arrived(request);
        let operation = self.site.face.operation(&request);
        let strike = match &self.life {
            Some(_) => self.site.script.pass(operation, &request.path),
            None => Strike::Nothing,
        };
        let arm = |kind: FaultKind| self.site.cloud.arm(Fault::once(operation, kind));
        let act = match strike {
            Strike::Nothing => return self.ended(self.receive(&request), limits).await,
            Strike::Fails => Act::Fails,
            Strike::Kind(kind) => kind.act,
        };
        match act {
            Act::Strikes(kind) => {
                arm(kind(&self.site.promises));
                let ending = self.receive(&request);
                self.ended(ending, limits).await
            }
            Act::Hides(kind) => {
                arm(kind(&self.site.promises));
                let ending = self.hidden(&request);
                self.ended(ending, limits).await
            }
            Act::Late => {
                arm(FaultKind::ApplyLate(self.site.promises.late - 1));
                self.hidden(&request);
                Err(closed())
            }
            Act::Fails => {
                arm(FaultKind::Refuse(Refusal::Internal));
                self.ended(self.receive(&request), limits).await
            }
            Act::Dies => {
                self.receive(&request);
                self.die().await
            }
            Act::DiesUnsent => self.die().await,
            Act::DiesBefore | Act::DiesAfter | Act::NotWritten => {
                panic!("`{operation}` is no commit")
            }
        }
    }

    fn receive(&self, request: &sim::Request) -> Ending {
        self.site.cloud.receive(&*self.site.face, request)
    }

    /// What is made is hidden as long as it may be.
    fn hidden(&self, request: &sim::Request) -> Ending {
        let set = |long| self.site.cloud.account().profile.invisible = Duration::from_secs(long);
        set(self.site.promises.hidden.saturating_sub(1));
        let ending = self.receive(request);
        set(0);
        ending
    }

    async fn die<T>(&self) -> T {
        if let Some(life) = &self.life {
            life.end();
        }
        std::future::pending().await
    }

    async fn ended(&self, ending: Ending, limits: Limits) -> Result<Answer, TransportError> {
        let late = || async {
            self.site.clock.sleep(limits.timeout).await;
            Err(TransportError::Interrupted("nothing came in time".to_owned()))
        };
        match ending {
            Ending::Answered(answer) => told(answer, limits),
            Ending::Slow(answer, slow) if slow < limits.timeout => {
                self.site.clock.sleep(slow).await;
                told(answer, limits)
            }
            Ending::Slow(..) | Ending::Silence => late().await,
            Ending::Lost | Ending::Cut(_) => Err(closed()),
            Ending::Endless => Err(too_large(limits)),
        }
    }
}

#[async_trait]
impl Transport for Door {
    async fn round_trip(&self, request: &Request, limits: Limits) -> Result<Answer, TransportError> {
        if self.is_dead() {
            return std::future::pending().await;
        }
        self.site.clock.sleep(WAY).await;
        // What a dead program had still to send is never sent.
        if self.is_dead() {
            return std::future::pending().await;
        }
        let answer = self.call(request, limits).await;
        let is_create = request.own_connection;
        if self.site.lack == Some(Lack::OneSend) && is_create && answer.is_err() && !self.is_dead() {
            return self.call(request, limits).await;
        }
        answer
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

fn closed() -> TransportError {
    TransportError::Interrupted("the connection was closed".to_owned())
}

fn too_large(limits: Limits) -> TransportError {
    TransportError::Unacceptable(format!("it is larger than {} bytes", limits.cap))
}

/// The request as it stands before the cloud.
fn arrived(request: &Request) -> sim::Request {
    let own = request.headers.iter().map(|header| (header.name.to_owned(), header.value.clone()));
    sim::Request {
        method: request.method.to_string(),
        path: request.url.path().to_owned(),
        query: request.url.query().unwrap_or_default().to_owned(),
        headers: own.chain([("host".to_owned(), request.host())]).collect(),
        body: request.body.clone().unwrap_or_default(),
    }
}

/// The answer as it stands before the account.
fn told(answer: sim::Answer, limits: Limits) -> Result<Answer, TransportError> {
    if answer.body.len() > limits.cap {
        return Err(too_large(limits));
    }
    let mut headers = vec![("content-type".to_owned(), answer.content_type.to_owned())];
    headers.extend(answer.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Ok(Answer { status: answer.status, headers, body: answer.body })
}
