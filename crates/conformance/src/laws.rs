//! One function for each law; its first line is the law.

mod create;
mod delete;
mod invalid;
mod life;
mod list;
mod offers;
mod refuse;
mod secret;
mod status;
mod unclear;

pub use create::*;
pub use delete::*;
pub use invalid::*;
pub use life::*;
pub use list::*;
pub use offers::*;
pub use refuse::*;
pub use secret::*;
pub use status::*;
pub use unclear::*;
