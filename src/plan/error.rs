//! Why no plan could be made.

/// Why no plan could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanError {
    /// Nothing but white space.
    #[error("the request is empty")]
    EmptyRequest,
    /// Words such as "please do it", but none that names any work.
    #[error("the request names no work: `{request}`")]
    NoWork { request: String },
    /// There is nothing to choose from.
    #[error("the catalog has no components")]
    EmptyCatalog,
    /// Every need was left without a component.
    #[error("no component covers any need: {}", .needs.join("; "))]
    NothingCovered { needs: Vec<String> },
}
