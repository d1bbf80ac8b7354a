//! Kinds of jobs, with the way in which each is done.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use uuid::Uuid;

use super::Job;
use crate::app::SharedApp;
use crate::background::{JobError, Lane};
use crate::config::Settings;

/// The kinds that a server does. Jobs of other kinds wait for one that knows them.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: HashMap<&'static str, JobKind>,
}

type Run = for<'a> fn(&'a SharedApp, Value, Uuid) -> BoxFuture<'a, Result<(), JobError>>;
type GivenUp = for<'a> fn(&'a SharedApp, Value) -> BoxFuture<'a, Result<(), JobError>>;

/// Way of doing jobs of a kind.
#[derive(Clone, Copy)]
pub(super) struct JobKind {
    pub lane: Lane,
    pub attempts: i32,
    pub patience: fn(&Settings) -> Duration,
    pub run: Run,
    pub given_up: GivenUp,
}

impl Registry {
    /// Adds a kind.
    #[must_use]
    pub fn with<J: Job>(mut self) -> Self {
        let kind = JobKind {
            lane: J::LANE,
            attempts: J::ATTEMPTS,
            patience: J::patience,
            run: run::<J>,
            given_up: given_up::<J>,
        };
        self.kinds.insert(J::KIND, kind);
        self
    }

    pub(super) fn kind(&self, name: &str) -> Option<JobKind> {
        self.kinds.get(name).copied()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.keys().copied()
    }

    pub(super) fn of_lane(&self, lane: Lane) -> Vec<&'static str> {
        self.kinds
            .iter()
            .filter(|(_, kind)| kind.lane == lane)
            .map(|(name, _)| *name)
            .collect()
    }
}

fn run<J: Job>(app: &SharedApp, payload: Value, id: Uuid) -> BoxFuture<'_, Result<(), JobError>> {
    Box::pin(async move {
        let job: J = read_payload(payload)?;
        job.run(app, id).await
    })
}

fn given_up<J: Job>(app: &SharedApp, payload: Value) -> BoxFuture<'_, Result<(), JobError>> {
    Box::pin(async move {
        let job: J = read_payload(payload)?;
        job.given_up(app).await
    })
}

fn read_payload<J: Job>(payload: Value) -> Result<J, JobError> {
    serde_json::from_value(payload).map_err(JobError::never)
}
