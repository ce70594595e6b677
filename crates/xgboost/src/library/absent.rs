//! What stands in the place of the library where the crate was built without it: types that have no value, so that
//! everything else is compiled and checked all the same.

use std::sync::Arc;

use super::Ask;
use crate::XgboostError;

/// A library that cannot be there.
#[derive(Debug)]
pub(crate) enum Api {}

/// A booster that cannot be there.
#[derive(Debug)]
pub(crate) enum Booster {}

impl Booster {
    pub(crate) fn train(
        api: &Arc<Api>,
        _: (&[f32], &[f32]),
        _: &[(&'static str, String)],
        _: u32,
    ) -> Result<Self, XgboostError> {
        match **api {}
    }

    pub(crate) fn from_bytes(
        api: &Arc<Api>,
        _: &[u8],
        _: &[(&'static str, String)],
    ) -> Result<Self, XgboostError> {
        match **api {}
    }

    pub(crate) fn save(&mut self) -> Result<Vec<u8>, XgboostError> {
        match *self {}
    }

    pub(crate) fn predict(
        &mut self,
        _: &[f32],
        _: usize,
        _: Ask,
    ) -> Result<Vec<f32>, XgboostError> {
        match *self {}
    }
}
