//! A directory (LDAP) as simple as it can be: it binds and searches. Like many, it takes a bind without a password for a visitor.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// An entry with its attributes.
#[derive(Clone, Debug, Default)]
pub struct DirectoryEntry {
    pub dn: String,
    pub password: String,
    pub attributes: Vec<(String, Vec<u8>)>,
}

impl DirectoryEntry {
    /// An entry whose attributes have one value each.
    pub fn new(dn: &str, password: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
            .collect();
        Self {
            dn: dn.into(),
            password: password.into(),
            attributes,
        }
    }

    fn has(&self, name: &[u8], value: Option<&[u8]>) -> bool {
        let mut attributes = self
            .attributes
            .iter()
            .filter(|(key, _)| key.as_bytes().eq_ignore_ascii_case(name));
        attributes.any(|(_, found)| value.is_none_or(|value| found.eq_ignore_ascii_case(value)))
    }
}

/// A directory that runs until it is dropped.
pub struct Directory {
    pub port: u16,
    entries: Arc<Mutex<Vec<DirectoryEntry>>>,
    names: Arc<Mutex<Vec<String>>>,
    desk: JoinHandle<()>,
}

impl Directory {
    /// A directory with these entries, at a free port of this machine.
    pub async fn open(entries: Vec<DirectoryEntry>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (entries, names) = (Arc::new(Mutex::new(entries)), Arc::new(Mutex::new(Vec::new())));
        let (known, bound) = (Arc::clone(&entries), Arc::clone(&names));
        let desk = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, Arc::clone(&known), Arc::clone(&bound)));
            }
        });
        Self {
            port,
            entries,
            names,
            desk,
        }
    }

    /// Puts other entries in the place of those from before.
    pub fn replace(&self, entries: Vec<DirectoryEntry>) {
        *self.entries.lock().expect("entries") = entries;
    }

    /// Names that somebody bound as, or tried to.
    pub fn names(&self) -> Vec<String> {
        self.names.lock().expect("names").clone()
    }

    /// Flags of a program that asks here.
    pub fn flags(&self) -> Vec<String> {
        let port = self.port.to_string();
        [
            "--ldap-host",
            "127.0.0.1",
            "--ldap-port",
            &port,
            "--ldap-base-dn",
            "dc=wool",
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.desk.abort();
    }
}

async fn talk(mut stream: TcpStream, entries: Arc<Mutex<Vec<DirectoryEntry>>>, names: Arc<Mutex<Vec<String>>>) {
    let mut waiting = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        while let Some((message, rest)) = whole(&waiting) {
            let known = entries.lock().expect("entries").clone();
            let answer = answer(&message, &known, &names);
            waiting = rest;
            let Some(answer) = answer else { return };
            if stream.write_all(&answer).await.is_err() {
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => waiting.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
}

/// A first value that is whole, and what follows it.
fn whole(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut rest = bytes;
    let (_, content) = value(&mut rest)?;
    Some((content.to_vec(), rest.to_vec()))
}

/// The tag and the content of the next value (BER).
fn value<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first & 0x80 != 0 {
        let (digits, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    *bytes = after;
    Some((tag, content))
}

fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a length").to_be_bytes();
    [&[tag, 0x84], length.as_slice(), content].concat()
}

fn result(id: &[u8], tag: u8, code: u8) -> Vec<u8> {
    let content = [write(0x0a, &[code]), write(0x04, b""), write(0x04, b"")].concat();
    write(0x30, &[write(0x02, id), write(tag, &content)].concat())
}

/// The answer to a message; nothing to a farewell.
fn answer(message: &[u8], entries: &[DirectoryEntry], names: &Mutex<Vec<String>>) -> Option<Vec<u8>> {
    const WRONG: u8 = 49;
    let mut rest = message;
    let (_, id) = value(&mut rest)?;
    let (operation, mut content) = value(&mut rest)?;
    match operation {
        0x60 => {
            let (_, _version) = value(&mut content)?;
            let (_, name) = value(&mut content)?;
            let (_, password) = value(&mut content)?;
            let name = String::from_utf8_lossy(name).into_owned();
            let right = password.is_empty()
                || entries
                    .iter()
                    .any(|entry| entry.dn.eq_ignore_ascii_case(&name) && entry.password.as_bytes() == password);
            names.lock().expect("names").push(name);
            Some(result(id, 0x61, if right { 0 } else { WRONG }))
        }
        0x63 => {
            // The base, the scope, aliases, two limits, and whether only types are wanted.
            for _ in 0..6 {
                value(&mut content)?;
            }
            let filter = value(&mut content)?;
            let found = entries.iter().filter(|entry| matches(entry, filter));
            let mut bytes: Vec<u8> = found
                .flat_map(|entry| write(0x30, &[write(0x02, id), described(entry)].concat()))
                .collect();
            bytes.extend(result(id, 0x65, 0));
            Some(bytes)
        }
        _ => None,
    }
}

fn described(entry: &DirectoryEntry) -> Vec<u8> {
    let attribute = |(name, found): &(String, Vec<u8>)| {
        let content = [write(0x04, name.as_bytes()), write(0x31, &write(0x04, found))].concat();
        write(0x30, &content)
    };
    let attributes: Vec<u8> = entry.attributes.iter().flat_map(attribute).collect();
    write(
        0x64,
        &[write(0x04, entry.dn.as_bytes()), write(0x30, &attributes)].concat(),
    )
}

/// True if an entry is one that a filter asks for: the filters that are needed here.
fn matches(entry: &DirectoryEntry, (tag, mut content): (u8, &[u8])) -> bool {
    let mut parts = Vec::new();
    if tag != 0x87 {
        while let Some(part) = value(&mut content) {
            parts.push(part);
        }
    }
    match (tag, parts.as_slice()) {
        (0xa0, parts) => parts.iter().all(|part| matches(entry, *part)),
        (0xa1, parts) => parts.iter().any(|part| matches(entry, *part)),
        (0xa2, [part]) => !matches(entry, *part),
        (0xa3, [(_, name), (_, wanted)]) => entry.has(name, Some(wanted)),
        (0x87, _) => entry.has(content, None),
        _ => false,
    }
}
