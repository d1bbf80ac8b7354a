//! Bytes that are counted and summed while they are read or written.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// Reads from something, or writes to it, and sums what goes by.
pub(super) struct Summed<T> {
    inner: T,
    sum: Sha256,
    pub(super) bytes: u64,
}

impl<T> Summed<T> {
    pub(super) fn new(inner: T) -> Self {
        Self {
            inner,
            sum: Sha256::new(),
            bytes: 0,
        }
    }

    /// The sum (SHA-256) of everything so far.
    pub(super) fn sum(self) -> String {
        self.into_parts().1
    }

    /// Source that it read from or target that it wrote to, and the sum.
    pub(super) fn into_parts(self) -> (T, String) {
        (
            self.inner,
            self.sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        )
    }

    fn take_note(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.bytes += bytes.len() as u64;
    }
}

impl<T: Read> Read for Summed<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.take_note(buffer.get(..length).unwrap_or_default());
        Ok(length)
    }
}

impl<T: Write> Write for Summed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(bytes)?;
        self.take_note(bytes.get(..length).unwrap_or_default());
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
