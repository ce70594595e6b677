//! The XGBoost library, loaded while the program runs.

#[cfg(not(feature = "xgboost"))]
mod absent;
#[cfg(feature = "xgboost")]
#[allow(
    unsafe_code,
    reason = "functions of a C library cannot be called without it; nothing outside this module is unsafe"
)]
mod c_api;

use std::fmt;
use std::path::Path;
#[cfg(feature = "xgboost")]
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(not(feature = "xgboost"))]
pub(crate) use absent::{Api, Booster};
#[cfg(feature = "xgboost")]
pub(crate) use c_api::{Api, Booster};

use crate::XgboostError;

/// The major and minor version of XGBoost that models were tested with.
const TESTED_VERSION: [i32; 2] = [3, 4];

/// The same, in words.
const TESTED: &str = "3.4";

/// What is asked of a booster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A value a row.
    Values,
    /// What each feature contributes to the value of each row, and what is left for none (Lundberg, Erion & Lee 2018,
    /// *Consistent individualized feature attribution for tree ensembles*): one more column than features.
    Contributions,
}

/// The XGBoost library of version 3.4, loaded from a file.
///
/// It is loaded while the program runs, so that a program is the same for those who have XGBoost and those who have
/// not. The file is that of the Python package: `pip install xgboost-cpu` brings `xgboost/lib/libxgboost.so`.
/// Cloning is cheap. Once loaded, a library stays until the program ends.
#[derive(Clone)]
pub struct Library {
    api: Arc<Api>,
    version: [i32; 3],
}

impl Library {
    /// Opens the library at `path`: the file, or the directory that `libxgboost.so` lies in, itself or in a directory `lib`.
    ///
    /// Without a path it is what the environment variable `FLEETCAST_XGBOOST` says, a file or a directory again, else
    /// what the system finds by the name `libxgboost.so`. The environment is read here and nowhere else.
    ///
    /// # Errors
    ///
    /// [`XgboostError::BuiltWithout`] where the crate was built without its feature `xgboost`,
    /// [`XgboostError::NotLoaded`] where there is no such library or a function is missing in it, and
    /// [`XgboostError::Version`] where it is not of version 3.4.
    ///
    /// ```
    /// use std::path::Path;
    /// use fleetcast_xgboost::Library;
    ///
    /// let error = Library::open(Some(Path::new("no/such/directory"))).unwrap_err();
    /// assert!(error.to_string().contains("xgboost"), "{error}");
    /// ```
    #[cfg(feature = "xgboost")]
    pub fn open(path: Option<&Path>) -> Result<Self, XgboostError> {
        let from_environment = || {
            let path = std::env::var_os("FLEETCAST_XGBOOST").filter(|path| !path.is_empty());
            path.map(PathBuf::from)
        };
        let file_name = libloading::library_filename("xgboost");
        let mut file = path
            .map(Path::to_path_buf)
            .or_else(from_environment)
            .unwrap_or_else(|| PathBuf::from(&file_name));
        if file.is_dir() {
            // Of a Python package it lies one directory deeper.
            let deeper = file.join("lib");
            if !file.join(&file_name).exists() && deeper.join(&file_name).exists() {
                file = deeper;
            }
            file.push(file_name);
        }
        let api = Api::load(&file)?;
        let version = api.version();
        if version[..2] != TESTED_VERSION {
            return Err(XgboostError::Version {
                found: version.map(|part| part.to_string()).join("."),
                tested: TESTED,
            });
        }
        Ok(Self {
            api: Arc::new(api),
            version,
        })
    }

    /// Says that the crate was built without its feature `xgboost`.
    ///
    /// # Errors
    ///
    /// [`XgboostError::BuiltWithout`], always.
    ///
    /// ```
    /// use fleetcast_xgboost::{Library, XgboostError};
    ///
    /// assert_eq!(Library::open(None).unwrap_err(), XgboostError::BuiltWithout);
    /// ```
    #[cfg(not(feature = "xgboost"))]
    pub fn open(path: Option<&Path>) -> Result<Self, XgboostError> {
        let _ = (path, TESTED, TESTED_VERSION);
        Err(XgboostError::BuiltWithout)
    }

    /// Returns major, minor and patch of the library's version.
    #[must_use]
    pub fn version(&self) -> [i32; 3] {
        self.version
    }

    pub(crate) fn api(&self) -> &Arc<Api> {
        &self.api
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
