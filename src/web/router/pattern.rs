//! Reads a path of the contract, such as `/pictures/originals/preview-files/{instance_id}.{extension}`.

/// A path of the contract as the router sees it.
pub(super) struct Pattern {
    /// The path with parameters named by their position: paths of one shape stand for the same
    /// addresses, whatever their parameters are called.
    pub(super) shape: String,
    slots: Vec<Slot>,
}

/// The parameters of one segment.
struct Slot {
    /// Name of the segment for the router.
    key: String,
    name: String,
    /// Rest of the same segment: the text that separates, and a second parameter.
    second: Option<(String, String)>,
}

impl Pattern {
    /// Reads a path; `None` when a segment has more than the router can tell apart.
    pub(super) fn read(path: &str) -> Option<Self> {
        let mut shape = String::new();
        let mut slots = Vec::new();
        for (position, segment) in path.split('/').filter(|part| !part.is_empty()).enumerate() {
            shape.push('/');
            let (prefix, Some((name, rest))) = parameter(segment)? else {
                shape.push_str(segment);
                continue;
            };
            let key = format!("p{position}");
            let (between, last) = parameter(rest)?;
            let second = match last {
                None => {
                    shape.push_str(&format!("{prefix}{{{key}}}{rest}"));
                    None
                }
                // The router knows one parameter a segment: it finds the whole, which is then cut.
                Some((second, "")) if prefix.is_empty() && !between.is_empty() => {
                    shape.push_str(&format!("{{{key}}}"));
                    Some((between.to_owned(), second.to_owned()))
                }
                Some(_) => return None,
            };
            slots.push(Slot {
                key,
                name: name.to_owned(),
                second,
            });
        }
        if shape.is_empty() {
            shape.push('/');
        }
        Some(Self { shape, slots })
    }

    /// Number of parameters.
    pub(super) fn values(&self) -> usize {
        self.slots
            .iter()
            .map(|slot| if slot.second.is_some() { 2 } else { 1 })
            .sum()
    }

    /// The value of each parameter, given what stands in each segment; `None` when a segment
    /// can't be cut, so that the path is another one.
    pub(super) fn values_of<'a>(&self, found: impl Fn(&str) -> Option<&'a str>) -> Option<Vec<(String, String)>> {
        let mut values = Vec::with_capacity(self.values());
        for slot in &self.slots {
            let text = found(&slot.key)?;
            let Some((between, second)) = &slot.second else {
                values.push((slot.name.clone(), text.to_owned()));
                continue;
            };
            let (first, last) = text.rsplit_once(between.as_str())?;
            if first.is_empty() || last.is_empty() {
                return None;
            }
            values.push((slot.name.clone(), first.to_owned()));
            values.push((second.clone(), last.to_owned()));
        }
        Some(values)
    }
}

/// Cuts text at its first parameter: what stands before it, then its name and what follows, if
/// there is one. `None` for braces that do not pair.
fn parameter(text: &str) -> Option<(&str, Option<(&str, &str)>)> {
    let Some((before, rest)) = text.split_once('{') else {
        return (!text.contains('}')).then_some((text, None));
    };
    let (name, after) = rest.split_once('}')?;
    let fine = !name.is_empty() && !name.contains(['{', '*']) && !before.contains('}');
    fine.then_some((before, Some((name, after))))
}
