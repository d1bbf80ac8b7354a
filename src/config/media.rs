//! Settings of movies that are made, and of pictures and movies that are sent.

use std::path::PathBuf;

use clap::{Args, value_parser};

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
    /// Program that makes movies: its path, or a name that is looked for on the path. Without it, movies are stored as they are sent.
    #[arg(long, env = "DAILIES_FFMPEG", default_value = "ffmpeg")]
    pub ffmpeg: PathBuf,
    /// Program that looks into movies, which comes with `ffmpeg`.
    #[arg(long, env = "DAILIES_FFPROBE", default_value = "ffprobe")]
    pub ffprobe: PathBuf,
    /// Program of Poppler that draws the first page of PDF files. Without it, these have no pictures.
    #[arg(long, env = "DAILIES_PDFTOPPM", default_value = "pdftoppm")]
    pub pdftoppm: PathBuf,
    /// Movies that are encoded at once, and jobs on movies and pictures that are done at once.
    #[arg(long, env = "DAILIES_ENCODERS", default_value_t = 2, value_parser = value_parser!(u16).range(1..=64), help_heading = "Limits")]
    pub encoders: u16,
    /// Threads of an encoder for each step of its work; 0 for as many as there are processors while no other movie is encoded,
    /// and half as many otherwise, eight at most.
    #[arg(long, env = "DAILIES_ENCODER_THREADS", default_value_t = 0, value_parser = value_parser!(u16).range(0..=64), help_heading = "Limits")]
    pub encoder_threads: u16,
    /// Megabytes (of 2^20 bytes) that each program that reads movies or documents may ask for, on Linux.
    #[arg(long, env = "DAILIES_PROGRAM_MEMORY", default_value_t = 6144, value_parser = value_parser!(u32).range(16..), help_heading = "Limits")]
    pub program_memory: u32,
    /// Seconds that such a program may take that encodes nothing; 30 at most for a page. An encoder may take nine tenths of `JOB_QUEUE_TIMEOUT`.
    #[arg(long, env = "DAILIES_PROGRAM_TIMEOUT", default_value_t = 120, value_parser = value_parser!(u64).range(1..=86_400), help_heading = "Limits")]
    pub program_timeout: u64,
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
