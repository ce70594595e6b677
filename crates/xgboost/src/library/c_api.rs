//! The functions of XGBoost's C interface that models need, behind types that free what they hold.
//!
//! Source of the signatures: `include/xgboost/c_api.h` of XGBoost 3.4.

use std::error::Error;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;
use std::sync::Arc;

use super::Ask;
use crate::XgboostError;

type Handle = *mut c_void;

/// What stands for a feature that is missing.
const MISSING: f32 = f32::NAN;

/// How values and contributions are asked for, by all trees.
const VALUES: &CStr = c"{\"type\": 0, \"training\": false, \"strict_shape\": false,
    \"iteration_begin\": 0, \"iteration_end\": 0}";
const CONTRIBUTIONS: &CStr = c"{\"type\": 2, \"training\": false, \"strict_shape\": false,
    \"iteration_begin\": 0, \"iteration_end\": 0}";

/// Functions of the library, in the header's own order of arguments. Each returns 0 where it worked.
#[derive(Debug)]
pub(crate) struct Api {
    xgboost_version: unsafe extern "C" fn(*mut c_int, *mut c_int, *mut c_int),
    last_error: unsafe extern "C" fn() -> *const c_char,
    matrix_create: unsafe extern "C" fn(*const f32, u64, u64, f32, *mut Handle) -> c_int,
    matrix_set_floats: unsafe extern "C" fn(Handle, *const c_char, *const f32, u64) -> c_int,
    matrix_free: unsafe extern "C" fn(Handle) -> c_int,
    booster_create: unsafe extern "C" fn(*const Handle, u64, *mut Handle) -> c_int,
    booster_set: unsafe extern "C" fn(Handle, *const c_char, *const c_char) -> c_int,
    booster_update: unsafe extern "C" fn(Handle, c_int, Handle) -> c_int,
    booster_predict: unsafe extern "C" fn(
        Handle,
        Handle,
        *const c_char,
        *mut *const u64,
        *mut u64,
        *mut *const f32,
    ) -> c_int,
    booster_save:
        unsafe extern "C" fn(Handle, *const c_char, *mut u64, *mut *const c_char) -> c_int,
    booster_load: unsafe extern "C" fn(Handle, *const c_void, u64) -> c_int,
    booster_free: unsafe extern "C" fn(Handle) -> c_int,
}

impl Api {
    /// Loads the library from a file and looks its functions up.
    pub(crate) fn load(file: &Path) -> Result<Self, XgboostError> {
        let failed = |error: libloading::Error| XgboostError::NotLoaded {
            path: file.to_path_buf(),
            cause: one_line(&in_full(&error)),
        };
        // SAFETY: what a library does when it is loaded is its own affair; the caller names one that is XGBoost, whose
        // initialisers set up its registries and nothing of ours.
        let library = unsafe { libloading::Library::new(file) }.map_err(failed)?;
        // SAFETY: each symbol has the type that the header of the version that is accepted gives it; the version is
        // looked at before any other function is called.
        let api = unsafe {
            Self {
                xgboost_version: symbol(&library, "XGBoostVersion").map_err(failed)?,
                last_error: symbol(&library, "XGBGetLastError").map_err(failed)?,
                matrix_create: symbol(&library, "XGDMatrixCreateFromMat").map_err(failed)?,
                matrix_set_floats: symbol(&library, "XGDMatrixSetFloatInfo").map_err(failed)?,
                matrix_free: symbol(&library, "XGDMatrixFree").map_err(failed)?,
                booster_create: symbol(&library, "XGBoosterCreate").map_err(failed)?,
                booster_set: symbol(&library, "XGBoosterSetParam").map_err(failed)?,
                booster_update: symbol(&library, "XGBoosterUpdateOneIter").map_err(failed)?,
                booster_predict: symbol(&library, "XGBoosterPredictFromDMatrix").map_err(failed)?,
                booster_save: symbol(&library, "XGBoosterSaveModelToBuffer").map_err(failed)?,
                booster_load: symbol(&library, "XGBoosterLoadModelFromBuffer").map_err(failed)?,
                booster_free: symbol(&library, "XGBoosterFree").map_err(failed)?,
            }
        };
        // It is never unloaded: its threads and thread-locals outlive any one model, and the functions above must not
        // outlive it.
        std::mem::forget(library);
        Ok(api)
    }

    /// Returns major, minor and patch of the library's version.
    pub(crate) fn version(&self) -> [i32; 3] {
        let [mut major, mut minor, mut patch] = [0; 3];
        // SAFETY: the function writes three integers through pointers that are valid for the call.
        unsafe { (self.xgboost_version)(&raw mut major, &raw mut minor, &raw mut patch) };
        [major, minor, patch]
    }

    /// Makes an error of a status that is not 0.
    fn check(&self, function: &'static str, status: c_int) -> Result<(), XgboostError> {
        if status == 0 {
            return Ok(());
        }
        // SAFETY: the message of this thread's last error is a C string that stands until the next call.
        let cause = unsafe {
            let message = (self.last_error)();
            if message.is_null() {
                String::new()
            } else {
                CStr::from_ptr(message).to_string_lossy().into_owned()
            }
        };
        Err(XgboostError::Library {
            function,
            cause: one_line(&cause),
        })
    }
}

/// Looks up a function.
///
/// # Safety
///
/// `T` must be the type of the function of that name.
unsafe fn symbol<T: Copy>(
    library: &libloading::Library,
    name: &str,
) -> Result<T, libloading::Error> {
    // SAFETY: the caller's promise.
    unsafe { library.get::<T>(name) }.map(|symbol| *symbol)
}

/// Returns an error and what it comes from, as `a: b`.
fn in_full(error: &libloading::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Returns the first line of a message, without the time of day in brackets that XGBoost puts ahead of it.
fn one_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let untimed = line
        .strip_prefix('[')
        .and_then(|line| line.split_once("] "));
    untimed.map_or(line, |(_, rest)| rest).trim().to_owned()
}

fn c_string(text: &str) -> Result<CString, XgboostError> {
    CString::new(text).map_err(|error| XgboostError::Library {
        function: "XGBoosterSetParam",
        cause: error.to_string(),
    })
}

/// Rows of features; the library copies them.
#[derive(Debug)]
struct Matrix<'a> {
    api: &'a Api,
    handle: Handle,
}

impl<'a> Matrix<'a> {
    fn new(api: &'a Api, features: &[f32], rows: usize) -> Result<Self, XgboostError> {
        let columns = features.len() / rows.max(1);
        let mut handle = ptr::null_mut();
        // SAFETY: `features` holds at least `rows · columns` numbers, which are copied before the function returns; it
        // writes a handle where it works.
        let status = unsafe {
            (api.matrix_create)(
                features.as_ptr(),
                rows as u64,
                columns as u64,
                MISSING,
                &raw mut handle,
            )
        };
        api.check("XGDMatrixCreateFromMat", status)?;
        Ok(Self { api, handle })
    }

    fn set_targets(&mut self, targets: &[f32]) -> Result<(), XgboostError> {
        // SAFETY: the handle is that of a matrix; field name and numbers are copied before the function returns.
        let status = unsafe {
            (self.api.matrix_set_floats)(
                self.handle,
                c"label".as_ptr(),
                targets.as_ptr(),
                targets.len() as u64,
            )
        };
        self.api.check("XGDMatrixSetFloatInfo", status)
    }
}

impl Drop for Matrix<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle came from the function that makes matrices, and is freed once.
        unsafe { (self.api.matrix_free)(self.handle) };
    }
}

/// A trained model of one seed.
#[derive(Debug)]
pub(crate) struct Booster {
    api: Arc<Api>,
    handle: Handle,
}

// SAFETY: a booster has no tie to the thread that made it; the library allows any thread to use it, one at a time,
// which `&mut self` on every method sees to.
unsafe impl Send for Booster {}

impl Booster {
    /// Trains a booster in `rounds` rounds on rows of features and a target a row.
    pub(crate) fn train(
        api: &Arc<Api>,
        (features, targets): (&[f32], &[f32]),
        parameters: &[(&'static str, String)],
        rounds: u32,
    ) -> Result<Self, XgboostError> {
        let mut matrix = Matrix::new(api, features, targets.len())?;
        matrix.set_targets(targets)?;
        let mut booster = Self::new(api, Some(&matrix), parameters)?;
        for round in 0..c_int::try_from(rounds).unwrap_or(c_int::MAX) {
            // SAFETY: both handles are live, and the matrix has a label a row.
            let status = unsafe { (api.booster_update)(booster.handle, round, matrix.handle) };
            api.check("XGBoosterUpdateOneIter", status)?;
        }
        // The trained model is read back from its bytes, so that it holds nothing of the training.
        let bytes = booster.save()?;
        Self::from_bytes(api, &bytes, parameters)
    }

    /// Makes a booster of what [`Self::save`] returned.
    pub(crate) fn from_bytes(
        api: &Arc<Api>,
        bytes: &[u8],
        parameters: &[(&'static str, String)],
    ) -> Result<Self, XgboostError> {
        let booster = Self::new(api, None, &[])?;
        // SAFETY: the buffer is read during the call alone.
        let status = unsafe {
            (api.booster_load)(booster.handle, bytes.as_ptr().cast(), bytes.len() as u64)
        };
        api.check("XGBoosterLoadModelFromBuffer", status)?;
        booster.set(parameters)?;
        Ok(booster)
    }

    /// Returns the model in universal binary JSON, the library's own stable format.
    pub(crate) fn save(&mut self) -> Result<Vec<u8>, XgboostError> {
        let (mut length, mut start) = (0, ptr::null());
        let format = c"{\"format\": \"ubj\"}";
        // SAFETY: the function writes length and start of a buffer that stands until the booster's next call; it is
        // copied at once.
        let bytes = unsafe {
            let status = (self.api.booster_save)(
                self.handle,
                format.as_ptr(),
                &raw mut length,
                &raw mut start,
            );
            self.api.check("XGBoosterSaveModelToBuffer", status)?;
            copied(start.cast::<u8>(), length)
        };
        Ok(bytes)
    }

    /// Returns what is asked of `rows` rows of features, a row after the other.
    pub(crate) fn predict(
        &mut self,
        features: &[f32],
        rows: usize,
        ask: Ask,
    ) -> Result<Vec<f32>, XgboostError> {
        let matrix = Matrix::new(&self.api, features, rows)?;
        let how = match ask {
            Ask::Values => VALUES,
            Ask::Contributions => CONTRIBUTIONS,
        };
        let (mut shape, mut dimensions, mut start) = (ptr::null(), 0, ptr::null());
        // SAFETY: both handles are live; shape and result stand until the booster's next call, `dimensions` numbers of
        // the one and their product of the other, and are copied at once.
        unsafe {
            let status = (self.api.booster_predict)(
                self.handle,
                matrix.handle,
                how.as_ptr(),
                &raw mut shape,
                &raw mut dimensions,
                &raw mut start,
            );
            self.api.check("XGBoosterPredictFromDMatrix", status)?;
            let values = copied(shape, dimensions).iter().product();
            Ok(copied(start, values))
        }
    }

    /// Makes a booster without trees; its number of features is that of `matrix`, or of the model it will load.
    fn new(
        api: &Arc<Api>,
        matrix: Option<&Matrix<'_>>,
        parameters: &[(&'static str, String)],
    ) -> Result<Self, XgboostError> {
        let mut handle = ptr::null_mut();
        let matrices: Vec<Handle> = matrix.map(|matrix| matrix.handle).into_iter().collect();
        let count = matrices.len() as u64;
        // SAFETY: the list holds `count` live handles, which the library shares in the ownership of; the function
        // writes a handle where it works.
        let status = unsafe { (api.booster_create)(matrices.as_ptr(), count, &raw mut handle) };
        api.check("XGBoosterCreate", status)?;
        let booster = Self {
            api: Arc::clone(api),
            handle,
        };
        booster.set(parameters)?;
        Ok(booster)
    }

    fn set(&self, parameters: &[(&'static str, String)]) -> Result<(), XgboostError> {
        for (name, value) in parameters {
            let (name, value) = (c_string(name)?, c_string(value)?);
            // SAFETY: the handle is live; both strings are copied before the function returns.
            let status =
                unsafe { (self.api.booster_set)(self.handle, name.as_ptr(), value.as_ptr()) };
            self.api.check("XGBoosterSetParam", status)?;
        }
        Ok(())
    }
}

impl Drop for Booster {
    fn drop(&mut self) {
        // SAFETY: the handle came from the function that makes boosters, and is freed once.
        unsafe { (self.api.booster_free)(self.handle) };
    }
}

/// Copies numbers out of the library's memory.
///
/// # Safety
///
/// Where `length` is not 0, `start` must point to so many numbers.
unsafe fn copied<T: Clone>(start: *const T, length: u64) -> Vec<T> {
    let length = usize::try_from(length).unwrap_or(0);
    if length == 0 || start.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(start, length) }.to_vec()
}
