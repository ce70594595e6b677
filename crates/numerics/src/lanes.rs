//! Vectors of eight numbers, with the same bits on every processor.
//!
//! A kernel is written once over [`Lanes`] and compiled for each instruction set; [`dispatch`]
//! picks one at run time. Every path has eight lanes and rounds after each operation (no fused
//! multiply-add), so all of them give the same bits.

/// How many lanes a vector has, on every path, and how many partial sums a reduction is made of.
pub const LANES: usize = 8;

/// The instruction sets of processors that a kernel can be held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    /// The instructions that the compiler's target always has.
    Portable,
    /// AVX2 and what comes with it (x86-64-v3): four numbers at a time.
    Avx2,
    /// AVX-512 (x86-64-v4): eight numbers at a time.
    Avx512,
}

/// An instruction set that this machine has, for a kernel to run on.
#[derive(Debug, Clone, Copy)]
pub struct Path(Token);

/// The proof that a processor has the instructions of a path.
#[derive(Debug, Clone, Copy)]
enum Token {
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    Portable,
}

impl Path {
    /// Returns the widest path this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::at_most(Instructions::Avx512)
    }

    /// Returns the widest path this machine has that is no wider than `widest`.
    #[must_use]
    pub fn at_most(widest: Instructions) -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let token = pulp::x86::V4::try_new().filter(|_| widest >= Instructions::Avx512);
            if let Some(token) = token {
                return Self(Token::Avx512(token));
            }
            let token = pulp::x86::V3::try_new().filter(|_| widest >= Instructions::Avx2);
            if let Some(token) = token {
                return Self(Token::Avx2(token));
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = widest;
        Self(Token::Portable)
    }
}

/// A piece of work that runs on lanes of every kind.
pub trait Kernel {
    /// What the work returns.
    type Output;

    /// Does the work on `lanes`. It must be `#[inline(always)]`, as must be all that it calls, to be
    /// compiled for the path it runs on.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// Runs `kernel` on `path`.
///
/// Every path gives the same bits.
pub fn dispatch<K: Kernel>(path: Path, kernel: K) -> K::Output {
    match path.0 {
        #[cfg(target_arch = "x86_64")]
        Token::Avx512(token) => token.vectorize(Call { token, kernel }),
        #[cfg(target_arch = "x86_64")]
        Token::Avx2(token) => token.vectorize(Call { token, kernel }),
        Token::Portable => kernel.run(Portable),
    }
}

/// Runs `work`, plain arithmetic without lanes of its own, compiled for the widest registers this
/// processor has.
///
/// The compiler uses those registers in everything that is inlined into `work`: give the closure and
/// all that it calls `#[inline(always)]`.
///
/// ```
/// use fleetcast_numerics::{dot, vectorized};
///
/// let a = [1.0, 2.0, 3.0];
/// let product = vectorized(
///     #[inline(always)]
///     || dot(&a, &a),
/// );
/// assert_eq!(product, 14.0);
/// ```
pub fn vectorized<R>(work: impl FnOnce() -> R) -> R {
    dispatch(Path::best(), Plain(work))
}

/// A kernel that has no use for lanes.
struct Plain<F>(F);

impl<R, F: FnOnce() -> R> Kernel for Plain<F> {
    type Output = R;

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) -> R {
        (self.0)()
    }
}

/// A kernel with its instruction set: inlined into the function that may use it, as a closure
/// would not be for sure.
#[cfg(target_arch = "x86_64")]
struct Call<T, K> {
    token: T,
    kernel: K,
}

#[cfg(target_arch = "x86_64")]
impl<T: Lanes, K: Kernel> pulp::NullaryFnOnce for Call<T, K> {
    type Output = K::Output;

    #[inline(always)]
    fn call(self) -> K::Output {
        self.kernel.run(self.token)
    }
}

/// A kernel that holds vectors of one kind of lanes, with its instruction set.
#[cfg(target_arch = "x86_64")]
struct CallOf<T, K> {
    token: T,
    kernel: K,
}

#[cfg(target_arch = "x86_64")]
impl<T: Lanes, K: KernelOf<T>> pulp::NullaryFnOnce for CallOf<T, K> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.kernel.run(self.token);
    }
}

/// A piece of work that runs on lanes of one kind, since it holds vectors of theirs.
pub trait KernelOf<L: Lanes> {
    /// Does the work on `lanes`; it must be inlined as [`Kernel::run`] is.
    fn run(self, lanes: L);
}

/// Arithmetic on eight lanes.
///
/// Vectors are kept as such: a copy to or from an array costs a round through memory where the
/// compiler checks pointers, as it does in the profile this workspace is built with.
pub trait Lanes: Copy {
    /// Eight numbers.
    type V: Copy;

    /// Returns a vector with `value` in every lane.
    fn splat(self, value: f64) -> Self::V;
    /// Returns a vector of eight numbers.
    fn load(self, values: [f64; LANES]) -> Self::V;
    /// Returns the eight numbers of a vector.
    fn store(self, vector: Self::V) -> [f64; LANES];
    /// Returns the numbers of some vectors, one after the other.
    fn scalars(vectors: &[Self::V]) -> &[f64];
    /// Returns the numbers of some vectors, one after the other, to be written to.
    fn scalars_mut(vectors: &mut [Self::V]) -> &mut [f64];
    /// Runs `kernel` as a function of its own.
    fn apart<K: KernelOf<Self>>(self, kernel: K);
    /// Returns a + b, lane by lane.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// Returns a − b, lane by lane.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// Returns a · b, lane by lane.
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V4 {
    // The processor's own type: the library's, a struct of eight numbers, is kept in memory.
    type V = std::arch::x86_64::__m512d;

    #[inline(always)]
    fn splat(self, value: f64) -> Self::V {
        self.avx512f._mm512_set1_pd(value)
    }

    #[inline(always)]
    fn load(self, values: [f64; LANES]) -> Self::V {
        pulp::cast(values)
    }

    #[inline(always)]
    fn store(self, vector: Self::V) -> [f64; LANES] {
        pulp::cast(vector)
    }

    #[inline(always)]
    fn scalars(vectors: &[Self::V]) -> &[f64] {
        bytemuck::cast_slice(vectors)
    }

    #[inline(always)]
    fn scalars_mut(vectors: &mut [Self::V]) -> &mut [f64] {
        bytemuck::cast_slice_mut(vectors)
    }

    #[inline(always)]
    fn apart<K: KernelOf<Self>>(self, kernel: K) {
        self.vectorize(CallOf {
            token: self,
            kernel,
        });
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        self.avx512f._mm512_add_pd(a, b)
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        self.avx512f._mm512_sub_pd(a, b)
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        self.avx512f._mm512_mul_pd(a, b)
    }
}

#[cfg(target_arch = "x86_64")]
impl Lanes for pulp::x86::V3 {
    type V = [std::arch::x86_64::__m256d; 2];

    #[inline(always)]
    fn splat(self, value: f64) -> Self::V {
        [self.avx._mm256_set1_pd(value); 2]
    }

    #[inline(always)]
    fn load(self, values: [f64; LANES]) -> Self::V {
        pulp::cast(values)
    }

    #[inline(always)]
    fn store(self, vector: Self::V) -> [f64; LANES] {
        pulp::cast(vector)
    }

    #[inline(always)]
    fn scalars(vectors: &[Self::V]) -> &[f64] {
        bytemuck::cast_slice(vectors)
    }

    #[inline(always)]
    fn scalars_mut(vectors: &mut [Self::V]) -> &mut [f64] {
        bytemuck::cast_slice_mut(vectors)
    }

    #[inline(always)]
    fn apart<K: KernelOf<Self>>(self, kernel: K) {
        self.vectorize(CallOf {
            token: self,
            kernel,
        });
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        [
            self.avx._mm256_add_pd(a[0], b[0]),
            self.avx._mm256_add_pd(a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        [
            self.avx._mm256_sub_pd(a[0], b[0]),
            self.avx._mm256_sub_pd(a[1], b[1]),
        ]
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        [
            self.avx._mm256_mul_pd(a[0], b[0]),
            self.avx._mm256_mul_pd(a[1], b[1]),
        ]
    }
}

/// Lanes made of whatever instructions the compiler's target always has.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

impl Lanes for Portable {
    type V = [f64; LANES];

    #[inline(always)]
    fn splat(self, value: f64) -> Self::V {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, values: [f64; LANES]) -> Self::V {
        values
    }

    #[inline(always)]
    fn store(self, vector: Self::V) -> [f64; LANES] {
        vector
    }

    #[inline(always)]
    fn scalars(vectors: &[Self::V]) -> &[f64] {
        vectors.as_flattened()
    }

    #[inline(always)]
    fn scalars_mut(vectors: &mut [Self::V]) -> &mut [f64] {
        vectors.as_flattened_mut()
    }

    #[inline(always)]
    fn apart<K: KernelOf<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|lane| a[lane] + b[lane])
    }

    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|lane| a[lane] - b[lane])
    }

    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|lane| a[lane] * b[lane])
    }
}
