//! Load of the machine. A look at the processors takes a moment, so everybody who asks meanwhile shares it.

use std::time::Duration;

use chrono::Local;
use dailies_definitions::schemas::{CpuLoad, LoadAverage, MachineResources, MemoryUse, RunningJobs};
use sysinfo::{CpuRefreshKind, Error, MINIMUM_CPU_UPDATE_INTERVAL, MemoryRefreshKind, RefreshKind, System};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Time for which a result is told again.
const LIFETIME: Duration = Duration::from_secs(5);

/// Last result.
#[derive(Default)]
pub(super) struct Machine(Mutex<Option<(Instant, MachineResources)>>);

impl Machine {
    /// Load of the machine now or a moment ago, with so many jobs running.
    ///
    /// # Errors
    /// The system does not tell.
    pub(super) async fn look(&self, running_jobs: i64) -> Result<MachineResources, Error> {
        let mut last = self.0.lock().await;
        if let Some((moment, seen)) = &*last
            && moment.elapsed() < LIFETIME
        {
            return Ok(seen.clone());
        }
        let processors = CpuRefreshKind::nothing().with_usage();
        let memory = MemoryRefreshKind::nothing().with_ram();
        let mut system = System::new_with_specifics(RefreshKind::nothing().with_cpu(processors).with_memory(memory))?;
        // Use is the difference between two looks.
        tokio::time::sleep(MINIMUM_CPU_UPDATE_INTERVAL).await;
        system.refresh_cpu_usage();
        let seen = describe(&system, running_jobs)?;
        *last = Some((Instant::now(), seen.clone()));
        Ok(seen)
    }
}

fn describe(system: &System, running_jobs: i64) -> Result<MachineResources, Error> {
    let load = System::load_average()?;
    let (total, available) = (system.total_memory(), system.available_memory());
    let bytes = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
    Ok(MachineResources {
        date: Local::now().format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        cpu: CpuLoad {
            percent: system.cpus().iter().map(|cpu| tenths(f64::from(cpu.usage()))).collect(),
            loadavg: LoadAverage {
                last_1_min: load.one,
                last_5_min: load.five,
                last_10_min: load.fifteen,
            },
        },
        memory: MemoryUse {
            total: bytes(total),
            used: bytes(system.used_memory()),
            available: bytes(available),
            percent: percent(total.saturating_sub(available), total),
        },
        jobs: RunningJobs { running_jobs },
    })
}

#[expect(clippy::cast_precision_loss, reason = "a tenth of a percent is all that is told")]
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        tenths(part as f64 * 100.0 / whole as f64)
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn figures_of_the_machine_are_shared_for_a_moment() -> Result<(), Error> {
        let machine = Machine::default();
        let first = machine.look(0).await?;
        assert!(first.memory.total > 0 && first.memory.percent <= 100.0);
        assert!(first.cpu.percent.iter().all(|percent| (0.0..=100.0).contains(percent)));
        assert_eq!(machine.look(0).await?.date, first.date);
        Ok(())
    }

    #[test]
    fn percents_have_one_digit() {
        assert_eq!((percent(1, 3), percent(1, 0)), (33.3, 0.0));
    }
}
