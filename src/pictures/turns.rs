//! Turns of persons who have pictures made while they wait for them: each has one at a time, so that the requests of one person
//! never fill all places.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Queue, OwnedMutexGuard};
use uuid::Uuid;

/// The queue of each person who waits or works.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<Uuid, Weak<Queue<()>>>>);

/// The turn of a person, which ends when it is dropped.
pub struct Turn {
    _held: OwnedMutexGuard<()>,
}

impl Turns {
    /// Waits until nothing else is made for the person.
    pub(super) async fn of(&self, person_id: Uuid) -> Turn {
        Turn {
            _held: self.queue(person_id).lock_owned().await,
        }
    }

    fn queue(&self, person_id: Uuid) -> Arc<Queue<()>> {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&person_id).and_then(Weak::upgrade) {
            return queue;
        }
        queues.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::default();
        queues.insert(person_id, Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn everybody_has_one_turn_at_a_time() {
        let turns = Turns::default();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = turns.of(one).now_or_never().expect("nobody is before them");
        assert!(turns.of(one).now_or_never().is_none());
        let beside = turns.of(other).now_or_never().expect("a turn of their own");
        drop(first);
        drop(turns.of(one).now_or_never().expect("the next turn"));
        drop(beside);
        drop(turns.of(Uuid::from_u128(3)).await);
        assert_eq!(turns.0.lock().expect("queues").len(), 1, "those who went are forgotten");
    }
}
