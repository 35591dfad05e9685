//! Many short lists in two allocations: an index has thousands of them.

/// Lists by number, from 0.
#[derive(Debug, Clone)]
pub(super) struct PackedLists<T> {
    items: Vec<T>,
    /// Where each list ends in `items`.
    ends: Vec<u32>,
}

impl<T> PackedLists<T> {
    pub(super) fn of(lists: impl IntoIterator<Item = Vec<T>>) -> Self {
        let mut rows = Self { items: Vec::new(), ends: Vec::new() };
        for list in lists {
            rows.items.extend(list);
            // Past 2^32 items, which no FAQ has, the lists after them would be empty.
            rows.ends.push(u32::try_from(rows.items.len()).unwrap_or(u32::MAX));
        }
        rows.items.shrink_to_fit();
        rows.ends.shrink_to_fit();
        rows
    }

    /// Returns the list of this number; an empty one if there is none.
    pub(super) fn row(&self, number: usize) -> &[T] {
        let start = number.checked_sub(1).map_or(Some(&0), |before| self.ends.get(before));
        let range = start.zip(self.ends.get(number)).map(|(start, end)| *start as usize..*end as usize);
        range.and_then(|range| self.items.get(range)).unwrap_or_default()
    }
}
