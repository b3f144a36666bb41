//! The budget, counted on the ledgers.

use vmbroker_sim::{Fault, FaultKind};
use vmbroker_tests::{Fleet, dollars, spec};

use super::{THREE, down, up};

#[tokio::test(start_paused = true)]
async fn a_hundred_creates_under_a_cap_never_exceed_it() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let home = tempfile::tempdir().unwrap();
        let fleet = Fleet::set(&THREE).await;
        let broker = fleet.broker(home.path(), None).await;
        let kinds =
            [FaultKind::LoseAnswer, FaultKind::ApplyLate(20), FaultKind::Reset, FaultKind::StatusAfter(500)];
        for cloud in fleet.clouds() {
            for _ in 0..12 {
                let kind = kinds[random.usize(0..kinds.len())].clone();
                let fault = Fault { after: random.u32(0..20), ..Fault::once("create", kind) };
                cloud.arm(fault);
            }
        }
        let mut wanted = spec("web", 100, fleet.choices(&THREE[..2]).await);
        // One dollar is held back for each machine.
        wanted.policy.budget = Some(dollars(30));
        let report = up(&fleet, &broker, wanted).await;
        assert!(fleet.ever() <= 30, "seed {seed}: {} machines", fleet.ever());
        assert!(report.running() >= 25, "seed {seed}: the cap is used: {}", report.running());
        assert_eq!(fleet.live(), report.running(), "seed {seed}");
        down(&fleet, &broker, "web").await;
    }
}
