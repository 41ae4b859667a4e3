//! What takes the most room.

use std::collections::BTreeMap;

pub use units::Size;

/// Sizes summed up by folder, the largest first.
pub fn by_folder<'a>(files: impl IntoIterator<Item = (&'a str, u64)>) -> Vec<(String, Size)> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (path, bytes) in files {
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        sums.insert(folder.to_owned(), bytes);
    }
    let mut found: Vec<_> = sums.into_iter().map(|(folder, bytes)| (folder, Size(bytes))).collect();
    found.sort_by(|a, b| b.1.cmp(&a.1));
    found
}
