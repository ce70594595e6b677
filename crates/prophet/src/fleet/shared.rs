//! Designs that several series of a panel share.

use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::fleet::design::{Design, DesignSettings, WindowSums};
use crate::fleet::harmonics::Harmonics;
use crate::fleet::window::Window;
use fleetcast_numerics::vectorized;

/// A window's sums and its design where no day is missing.
#[derive(Debug)]
pub(crate) struct WindowDesign {
    pub(crate) sums: WindowSums,
    pub(crate) complete: Design,
}

/// The designs of the windows that many series of a panel are fitted on.
///
/// Sharing saves time and changes nothing: a design made for one series alone has the same bits.
#[derive(Debug)]
pub(crate) struct SharedDesigns {
    pub(crate) harmonics: Harmonics,
    pub(crate) settings: DesignSettings,
    designs: HashMap<Window, Arc<WindowDesign>>,
}

impl SharedDesigns {
    /// Makes the designs of those of `windows` that occur more than once.
    ///
    /// `reach` is the largest distance from a window's middle that is fitted or forecast, in
    /// days.
    pub(crate) fn new(
        windows: impl Iterator<Item = Window>,
        yearly_order: usize,
        reach: usize,
        settings: DesignSettings,
    ) -> Self {
        let mut counts: HashMap<Window, usize> = HashMap::new();
        for window in windows {
            *counts.entry(window).or_default() += 1;
        }
        let mut shared = Self {
            harmonics: Harmonics::new(yearly_order, reach),
            settings,
            designs: HashMap::new(),
        };
        shared.designs = counts
            .into_par_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(window, _)| (window, shared.make(window)))
            .collect();
        shared
    }

    /// The design of a window: the shared one, or a new one.
    pub(crate) fn of(&self, window: Window) -> Arc<WindowDesign> {
        self.designs
            .get(&window)
            .map_or_else(|| self.make(window), Arc::clone)
    }

    fn make(&self, window: Window) -> Arc<WindowDesign> {
        vectorized(
            #[inline(always)]
            || {
                let sums = WindowSums::new(window, &self.harmonics);
                let complete = sums.design(&self.harmonics, &[], &self.settings);
                Arc::new(WindowDesign { sums, complete })
            },
        )
    }
}
