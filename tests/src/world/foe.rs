//! A foe.

use super::World;
use super::dice::Dice;

impl World {
    /// Somebody does what no sound phone does.
    ///
    /// # Errors
    /// What a home says.
    pub fn foul(&mut self, _dice: &mut Dice) -> Result<(), String> {
        Ok(())
    }
}
