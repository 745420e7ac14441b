//! The driver.
mod backoff; mod cipher; mod clock; mod link; mod pin; mod vault;
pub use backoff::Backoff; pub use clock::Clock; pub use link::*; pub use vault::*; pub use cipher::*;
