//! The four ways of counting.

/// Way of counting tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountMode {
    /// In proportion to the time spent, once feedback was requested.
    Weighted,
    /// In proportion to the time spent, once the task is done.
    WeightedDone,
    /// As a whole, on the day of the first feedback request.
    Feedback,
    /// As a whole, on the day on which the task was done.
    Done,
}

impl CountMode {
    /// The mode with that name; without a name the usual one, and nothing for an unknown name.
    #[must_use]
    pub fn named(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("weighted") => Some(Self::Weighted),
            Some("weighteddone") => Some(Self::WeightedDone),
            Some("feedback") => Some(Self::Feedback),
            Some("done") => Some(Self::Done),
            Some(_) => None,
        }
    }

    /// The column of a task that holds the moment from which it counts.
    #[must_use]
    pub fn reference(self) -> &'static str {
        match self {
            Self::Weighted | Self::Feedback => "end_date",
            Self::WeightedDone | Self::Done => "done_date",
        }
    }

    /// True if tasks count in proportion to the time spent.
    #[must_use]
    pub fn is_weighted(self) -> bool {
        matches!(self, Self::Weighted | Self::WeightedDone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_of_counting_are_found_by_their_names() {
        let modes = ["weighted", "weighteddone", "feedback", "done"].map(|name| CountMode::named(Some(name)));
        let columns = modes.map(|mode| mode.map(|mode| (mode.reference(), mode.is_weighted())));
        assert_eq!(
            columns,
            [
                Some(("end_date", true)),
                Some(("done_date", true)),
                Some(("end_date", false)),
                Some(("done_date", false))
            ]
        );
        assert_eq!(CountMode::named(None), Some(CountMode::Weighted));
        assert_eq!(CountMode::named(Some("weigtheddone")), None);
    }
}
