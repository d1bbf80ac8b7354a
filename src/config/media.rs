//! Settings of movies that are made, and of pictures and movies that are sent.

use clap::Args;

/// The presets of x264, from the quickest to the most thorough.
const PRESETS: [&str; 10] = [
    "ultrafast",
    "superfast",
    "veryfast",
    "faster",
    "fast",
    "medium",
    "slow",
    "slower",
    "veryslow",
    "placebo",
];

/// Settings of movies that are made, and of pictures and movies that are sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Movies")]
pub struct MediaSettings {
    /// Thoroughness of the encoder of movies, in the words of x264.
    #[arg(long, env = "MOVIE_ENCODING_PRESET", default_value = "medium", value_parser = PRESETS)]
    pub movie_encoding_preset: String,
    /// Seconds' worth of a movie's bitrate that the decoder of a player has to buffer.
    #[arg(long, env = "MOVIE_VBV_BUFSIZE_FACTOR", default_value_t = 2.0)]
    pub movie_vbv_bufsize_factor: f64,
    /// Most pictures and movies that are sent at once; 0 for no limit.
    #[arg(
        long,
        env = "MEDIA_MAX_CONCURRENT_REQUESTS",
        default_value_t = 0,
        help_heading = "Limits"
    )]
    pub media_max_concurrent_requests: usize,
    /// Seconds that a picture or movie waits for others to be sent; 0 for ever.
    #[arg(
        long,
        env = "MEDIA_SLOT_WAIT_TIMEOUT",
        default_value_t = 30,
        allow_negative_numbers = true,
        help_heading = "Limits"
    )]
    pub media_slot_wait_timeout: i64,
}
