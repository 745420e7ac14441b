//! The catalogue, typed entries, derived states and views.
pub mod catalogue;
/// shape
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// a
    OwnEntry,
    /// b
    CoText,
    /// c
    Revisions,
    /// d
    SealedPair,
    /// e
    Vault,
}
/// field
#[derive(Debug)]
pub struct Field {
    /// n
    pub number: u32,
    /// n
    pub name: &'static str,
    /// l
    pub limit: usize,
    /// r
    pub required: bool,
}
/// practice
#[derive(Debug)]
pub struct Practice {
    /// i
    pub id: &'static str,
    /// v
    pub version: u32,
    /// s
    pub shape: Shape,
    /// f
    pub fields: &'static [Field],
}
/// err
#[derive(Debug, thiserror::Error)]
#[error("field")]
pub enum FieldError {
    /// u
    Unknown,
    /// t
    TooLong,
    /// m
    Missing,
}
impl FieldError {
    /// code
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown_field",
            Self::TooLong => "too_long",
            Self::Missing => "missing_field",
        }
    }
}
