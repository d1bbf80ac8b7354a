//! The look at the marks that a request begins with, in order to know its sender, and goes on with for its answer.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;

use super::marks::Marks;

tokio::task_local! {
    static LOOKED: RefCell<Option<Arc<Marks>>>;
}

/// Works on a request whose answer may go by the marks that its beginning looked at.
pub async fn sharing_a_look<F: Future>(request: F) -> F::Output {
    LOOKED.scope(RefCell::default(), request).await
}

/// Takes note of the marks for the request that this task works on.
pub(super) fn note(marks: Option<&Arc<Marks>>) {
    // Outside of requests nobody goes on with them.
    let _outside = LOOKED.try_with(|looked| looked.replace(marks.cloned()));
}

/// The marks that were noted, once: what a request reads later may follow from a change of its own.
pub(super) fn take() -> Option<Arc<Marks>> {
    LOOKED.try_with(RefCell::take).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_is_shared_once_within_its_request() {
        let marks = Arc::new(Marks::default());
        note(Some(&marks));
        assert!(take().is_none(), "outside of a request");
        sharing_a_look(async {
            note(Some(&marks));
            assert!(take().is_some_and(|taken| Arc::ptr_eq(&taken, &marks)));
            assert!(take().is_none());
        })
        .await;
    }
}
