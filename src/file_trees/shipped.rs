//! The trees that come with the server.

use std::sync::LazyLock;

use serde_json::Value;

/// Names and trees.
static TREES: LazyLock<[(&str, Value); 2]> = LazyLock::new(|| {
    [
        ("default", include_str!("shipped/default.json")),
        ("simple", include_str!("shipped/simple.json")),
    ]
    .map(|(name, text)| (name, serde_json::from_str(text).unwrap_or_default()))
});

/// The tree of that name.
#[must_use]
pub fn shipped(name: &str) -> Option<&'static Value> {
    TREES.iter().find(|(known, _)| *known == name).map(|(_, tree)| tree)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_trees::check;

    #[test]
    fn shipped_trees_pass_the_check_of_trees() {
        for (name, tree) in TREES.iter() {
            assert_eq!(tree.as_object().map(serde_json::Map::len), Some(3), "{name}");
            assert!(check(tree).is_empty(), "{name}: {:?}", check(tree));
        }
        assert!(shipped("../simple").is_none());
    }
}
