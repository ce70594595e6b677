//! Eight numbers at a time, with the same bits on every processor.
//!
//! A kernel is written once over [`Lanes`] and compiled for each instruction set; [`dispatch`]
//! picks one at run time. Every path has eight lanes and rounds after each operation (no fused
//! multiply-add), so all of them give the same bits.

/// Lanes of a vector, on every path.
pub(crate) const LANES: usize = 8;

/// An instruction set a kernel can run on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path {
    #[cfg(target_arch = "x86_64")]
    Avx512(pulp::x86::V4),
    #[cfg(target_arch = "x86_64")]
    Avx2(pulp::x86::V3),
    Portable,
}

impl Path {
    /// The widest path this machine has.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(token) = pulp::x86::V4::try_new() {
                return Self::Avx512(token);
            }
            if let Some(token) = pulp::x86::V3::try_new() {
                return Self::Avx2(token);
            }
        }
        Self::Portable
    }

    /// Every path this machine has.
    pub(crate) fn named(n:&str)->Self{ match n {"2"=>Self::Avx2(pulp::x86::V3::try_new().unwrap()),"0"=>Self::Portable,_=>Self::best()}}
    #[cfg(test)]
    pub(crate) fn all() -> Vec<Self> {
        let mut paths = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            paths.extend(pulp::x86::V3::try_new().map(Self::Avx2));
            paths.extend(pulp::x86::V4::try_new().map(Self::Avx512));
        }
        paths
    }
}

/// Code that runs on lanes.
pub(crate) trait Kernel {
    /// What it returns.
    type Output;

    /// Runs it; must be `#[inline(always)]`, as must be all it calls, to be compiled for the path.
    fn run<L: Lanes>(self, lanes: L) -> Self::Output;
}

/// Runs `kernel` on `path`.
pub(crate) fn dispatch<K: Kernel>(path: Path, kernel: K) -> K::Output {
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512(token) => token.vectorize(Call { token, kernel }),
        #[cfg(target_arch = "x86_64")]
        Path::Avx2(token) => token.vectorize(Call { token, kernel }),
        Path::Portable => kernel.run(Portable),
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

/// Arithmetic on eight lanes.
pub(crate) trait Lanes: Copy {
    /// Eight numbers.
    type V: Copy;

    fn splat(self, value: f64) -> Self::V;
    fn load(self, values: &[f64; LANES]) -> Self::V;
    fn store(self, vector: Self::V, values: &mut [f64; LANES]);
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
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
    fn load(self, values: &[f64; LANES]) -> Self::V {
        pulp::cast(*values)
    }

    #[inline(always)]
    fn store(self, vector: Self::V, values: &mut [f64; LANES]) {
        *values = pulp::cast(vector);
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
    fn load(self, values: &[f64; LANES]) -> Self::V {
        let [a, b, c, d, e, f, g, h] = *values;
        [pulp::cast([a, b, c, d]), pulp::cast([e, f, g, h])]
    }

    #[inline(always)]
    fn store(self, vector: Self::V, values: &mut [f64; LANES]) {
        let [a, b, c, d]: [f64; 4] = pulp::cast(vector[0]);
        let [e, f, g, h]: [f64; 4] = pulp::cast(vector[1]);
        *values = [a, b, c, d, e, f, g, h];
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

/// Whatever instructions the compiler's target always has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

impl Lanes for Portable {
    type V = [f64; LANES];

    #[inline(always)]
    fn splat(self, value: f64) -> Self::V {
        [value; LANES]
    }

    #[inline(always)]
    fn load(self, values: &[f64; LANES]) -> Self::V {
        *values
    }

    #[inline(always)]
    fn store(self, vector: Self::V, values: &mut [f64; LANES]) {
        *values = vector;
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
