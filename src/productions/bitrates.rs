//! Bitrates of movies that productions and their task types ask for, in megabits a second.

use dailies_definitions::failure::Failure;
use serde_json::{Map, Value};

use crate::app::App;
use crate::crud::Record;

pub(super) const HIGH: &str = "hd_bitrate_compression";
pub(super) const LOW: &str = "ld_bitrate_compression";

/// Checks the bitrates that a body gives a production or a template. What stays as it is needs no check.
///
/// # Errors
/// 400 for a bitrate that is out of range, or a low one above the high one.
pub(super) fn check(app: &App, record: Option<&Record>, body: &Map<String, Value>) -> Result<(), Failure> {
    let most = i64::from(app.settings.movie_highdef_bitrate);
    let stored = |key: &str| record.and_then(|record| record.values.get(key)).and_then(Value::as_i64);
    // A text is another value than none, though neither is a number.
    let stays = |key: &str, value: &Value| match value.as_i64() {
        None => value.is_null() && stored(key).is_none(),
        rate => rate == stored(key),
    };
    let given = |key: &str| body.get(key).filter(|value| !stays(key, value));
    let (high, low) = (given(HIGH), given(LOW));
    if high.is_none() && low.is_none() {
        return Ok(());
    }
    let rate = |key: &str, given: Option<&Value>| match given {
        None => Ok(stored(key)),
        Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .filter(|rate| (1..=most).contains(rate))
            .map(Some)
            .ok_or_else(|| out_of_range(key, value, most)),
    };
    require_order(rate(HIGH, high)?.unwrap_or(most), rate(LOW, low)?)
}

/// The bitrates that a body gives a task type, where it gives any: the one that it leaves out is none. `of_production` is the
/// high one that counts where the task type has none.
///
/// # Errors
/// As [`check`].
pub(super) fn of_link(
    app: &App,
    body: &Map<String, Value>,
    of_production: Option<i32>,
) -> Result<Option<[Option<i32>; 2]>, Failure> {
    if !body.contains_key(HIGH) && !body.contains_key(LOW) {
        return Ok(None);
    }
    let most = app.settings.movie_highdef_bitrate;
    let rate = |key: &str| match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let rate = value
                .as_i64()
                .and_then(|rate| i32::try_from(rate).ok())
                .filter(|rate| (1..=most).contains(rate));
            rate.map(Some).ok_or_else(|| out_of_range(key, value, most.into()))
        }
    };
    let (high, low) = (rate(HIGH)?, rate(LOW)?);
    require_order(high.or(of_production).unwrap_or(most).into(), low.map(i64::from))?;
    Ok(Some([high, low]))
}

fn out_of_range(key: &str, value: &Value, most: i64) -> Failure {
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Failure::parameter(format!(
        "Invalid bitrate {value}. Expected an integer number of Mbit/s between 1 and {most}."
    ))
    .naming(key)
}

fn require_order(high: i64, low: Option<i64>) -> Result<(), Failure> {
    match low.filter(|low| *low > high) {
        Some(low) => Err(Failure::parameter(format!(
            "The low definition bitrate ({low}) cannot exceed the high definition one ({high})."
        ))
        .naming(LOW)),
        None => Ok(()),
    }
}
