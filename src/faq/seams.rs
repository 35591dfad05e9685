//! The mapping from a changed text to its original: the positions where the two stop running in parallel.

/// From each pair on, the changed text from its first position goes byte by byte like the original from its second.
pub(super) struct Seams(Vec<(u32, u32)>);

impl Seams {
    pub(super) fn new() -> Self {
        Self(vec![(0, 0)])
    }

    /// Records that the changed text, `changed` bytes long so far, continues at this position of the original.
    pub(super) fn note(&mut self, changed: usize, original: usize) {
        if self.origin_by(changed, self.0.len()) != original {
            self.0.push((u32_of(changed), u32_of(original)));
        }
    }

    /// Returns the position in the original that a position of the changed text comes from.
    pub(super) fn origin(&self, at: usize) -> usize {
        self.origin_by(at, self.0.partition_point(|seam| seam.0 as usize <= at))
    }

    fn origin_by(&self, at: usize, seams: usize) -> usize {
        let (changed, original) =
            seams.checked_sub(1).and_then(|last| self.0.get(last)).copied().unwrap_or_default();
        original as usize + at.saturating_sub(changed as usize)
    }
}

/// Pastes are at most some MiB; one past 4 GiB would only lose its quotes.
pub(super) fn u32_of(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
