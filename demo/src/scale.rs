//! Size of everything in a demo production.

use std::ops::RangeInclusive;

use clap::ValueEnum;

use crate::people::{Crew, PEOPLE};

/// Size of a demo production.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Size {
    /// For a look around: 30 shots.
    #[default]
    Small,
    /// A production of an ordinary size: 400 shots.
    Medium,
    /// For measuring: 4,100 shots.
    Large,
    /// For measuring a whole studio: five productions with 40,000 shots, 300,000 tasks, 600,000 comments and 2,000 people.
    Huge,
}

/// The numbers behind a size.
#[derive(Clone, Debug)]
pub struct Scale {
    pub sequences: usize,
    pub shots: usize,
    pub assets: usize,
    pub people: usize,
    /// Productions that are made. Besides those whom all of them share, each has people of its own.
    pub productions: usize,
    /// Assets that are cast in a shot.
    pub cast: RangeInclusive<usize>,
    /// Weeks from the beginning to the current one.
    pub weeks_before: u32,
    /// Weeks from the beginning to the end.
    pub weeks: u32,
    /// Most minutes that somebody logs on a task at a time. Large productions have more tasks than their people could
    /// do in whole days.
    pub longest_entry: i64,
    /// Different pictures that are drawn.
    pub pictures: usize,
    /// Most previews; each is stored with copies of one of the pictures.
    pub previews: usize,
    /// Most notifications.
    pub notifications: usize,
    /// UI value of the type of production.
    pub production_type: &'static str,
}

impl Size {
    /// The numbers of this size.
    pub fn scale(self) -> Scale {
        match self {
            Self::Small => Scale {
                sequences: 3,
                shots: 30,
                assets: 20,
                people: 16,
                productions: 1,
                cast: 3..=6,
                weeks_before: 8,
                weeks: 18,
                longest_entry: 480,
                pictures: 12,
                previews: 72,
                notifications: 200,
                production_type: "short",
            },
            Self::Medium => Scale {
                sequences: 20,
                shots: 400,
                assets: 150,
                people: 32,
                productions: 1,
                cast: 5..=9,
                weeks_before: 24,
                weeks: 52,
                longest_entry: 240,
                pictures: 16,
                previews: 150,
                notifications: 800,
                production_type: "featurefilm",
            },
            Self::Large => Scale {
                sequences: 110,
                shots: 4100,
                assets: 1600,
                people: 60,
                productions: 1,
                cast: 9..=12,
                weeks_before: 54,
                weeks: 120,
                longest_entry: 120,
                pictures: 16,
                previews: 300,
                notifications: 3000,
                production_type: "featurefilm",
            },
            Self::Huge => Scale {
                sequences: 220,
                shots: 8000,
                assets: 2840,
                people: 448,
                productions: 5,
                weeks_before: 48,
                ..Self::Large.scale()
            },
        }
    }
}

impl Scale {
    /// The team of the production of that number.
    pub fn crew(&self, production: usize) -> Crew {
        Crew {
            size: self.people,
            others: production * self.people.saturating_sub(PEOPLE.len()),
        }
    }
}
