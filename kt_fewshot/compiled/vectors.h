// Vectors of float32: products with packed weights, gates, and groups of rows.
//
// They are those of GCC and Clang, so that one text serves every width. Numbers lie in memory as float32 or as
// bfloat16, its upper half; sums are float32 always.

#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

namespace {

// ROWS * COLUMNS sums, COLUMNS factors and one more should fit the processor's registers.
#if defined(__AVX512F__)
constexpr int LANES = 16, ROWS = 6;
#elif defined(__AVX__)
constexpr int LANES = 8, ROWS = 2;
#else
constexpr int LANES = 4, ROWS = 4;
#endif
constexpr int COLUMNS = 4;

typedef float Vector __attribute__((vector_size(4 * LANES)));
typedef float Loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t Whole __attribute__((vector_size(4 * LANES)));
typedef uint32_t Bits __attribute__((vector_size(4 * LANES)));
typedef uint16_t Half __attribute__((vector_size(2 * LANES)));
typedef uint16_t bf16;

INLINE Vector load(const float* p) { return *(const Loose*)p; }
INLINE Vector load(const bf16* p) {
  Half half;
  memcpy(&half, p, sizeof half);
  return (Vector)(__builtin_convertvector(half, Bits) << 16);
}
INLINE void store(float* p, Vector v) { *(Loose*)p = v; }
INLINE void store(bf16* p, Vector v) {
#ifdef __AVX512BF16__
  __m256bh half = _mm512_cvtneps_pbh((__m512)v);
  memcpy(p, &half, sizeof half);
#else
  Bits bits = (Bits)v;
  Bits round = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  Half half = __builtin_convertvector((Bits)(v == v ? (Whole)round : (Whole)(bits >> 16 | 64)), Half);
  memcpy(p, &half, sizeof half);
#endif
}

// The first n numbers only, unless all are WHOLE.
template <bool WHOLE, typename S> INLINE Vector load(const S* p, int n) {
  if (WHOLE) return load(p);
#ifdef __AVX512F__
  if constexpr (sizeof(S) == 4) return (Vector)_mm512_maskz_loadu_ps((1u << n) - 1, p);
#endif
  S part[LANES] = {};
  memcpy(part, p, n * sizeof(S));
  return load(part);
}
template <bool WHOLE, typename S> INLINE void store(S* p, Vector v, int n) {
  if (WHOLE) return store(p, v);
#ifdef __AVX512F__
  if constexpr (sizeof(S) == 4) return _mm512_mask_storeu_ps(p, (1u << n) - 1, (__m512)v);
#endif
  S part[LANES];
  store(part, v);
  memcpy(p, part, n * sizeof(S));
}

INLINE float total(Vector v) {
  float part[LANES];
  store(part, v);
  for (int n = LANES / 2; n; n /= 2)
    for (int lane = 0; lane < n; lane++) part[lane] += part[lane + n];
  return part[0];
}

INLINE void put(float* p, float value) { *p = value; }
INLINE void put(bf16* p, float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  *p = (bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 64 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

// 2^k times a polynomial; relative error 2e-7; NaN stays NaN.
INLINE Vector exponential(Vector x) {
  x = x < -87.0f ? x * 0 - 87.0f : x;
  x = x > 88.0f ? x * 0 + 88.0f : x;
  const float magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  Vector k = x * 1.44269504f + magic;
  Whole exponent = ((Whole)k << 23) + (127 << 23);
  k -= magic;
  Vector r = x - k * 0.693359375f + k * 2.12194440e-4f;
  Vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  return p * (Vector)exponent;
}
INLINE Vector sigmoid(Vector x) { return 1.0f / (1.0f + exponential(-x)); }
INLINE Vector tanh(Vector x) { return 2.0f / (1.0f + exponential(-2.0f * x)) - 1.0f; }

// sums[m][n] += sum over k of a[m][k] * w[k][n]; `w` is packed, VECS vectors for each k (for two k in bfloat16).
template <int M, int VECS>
INLINE void multiply(const float* a, int64_t step, const float* w, int64_t k, Vector (&sums)[M][VECS]) {
  for (int64_t i = 0; i < k; i++, w += VECS * LANES) {
    Vector column[VECS];
    for (int v = 0; v < VECS; v++) column[v] = *(const Vector*)(w + v * LANES);
    for (int m = 0; m < M; m++) {
      float value = a[m * step + i];
      for (int v = 0; v < VECS; v++) sums[m][v] += value * column[v];
    }
  }
}
#ifdef __AVX512BF16__
typedef bf16 Packed;
template <int M, int VECS>
INLINE void multiply(const bf16* a, int64_t step, const bf16* w, int64_t k, Vector (&sums)[M][VECS]) {
  for (int64_t i = 0; i < k; i += 2, w += 2 * VECS * LANES) {
    __m512bh column[VECS];
    for (int v = 0; v < VECS; v++) column[v] = (__m512bh)_mm512_load_si512(w + 2 * v * LANES);
    for (int m = 0; m < M; m++) {
      int pair;
      memcpy(&pair, a + m * step + i, 4);
      __m512bh value = (__m512bh)_mm512_set1_epi32(pair);
      for (int v = 0; v < VECS; v++) sums[m][v] = (Vector)_mm512_dpbf16_ps((__m512)sums[m][v], value, column[v]);
    }
  }
}
#else
typedef float Packed;
#endif

template <typename S> struct Inside { typedef float Type; };
template <> struct Inside<bf16> { typedef Packed Type; };  // what products take of numbers that lie in memory as S

// Where a packed matrix of `width` columns has element (k, n).
template <typename E> INLINE int64_t packed_at(int64_t k, int64_t n, int64_t width) {
  return sizeof(E) == 4 ? k * width + n : (k / 2 * width + n) * 2 + k % 2;
}

INLINE int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

template <typename E> E* reserve(int64_t n) {
  void* p = aligned_alloc(64, round_up(n * sizeof(E), 64));
  memset(p, 0, n * sizeof(E));
  return (E*)p;
}

// pass.rows<M>(row) for groups of M = 1 to ROWS rows, about equal, that make up n.
template <int M = ROWS, typename Pass> INLINE void one_group(Pass& pass, int64_t m, int64_t row) {
  if constexpr (M > 1)
    if (m < M) return one_group<M - 1>(pass, m, row);
  pass.template rows<M>(row);
}
template <typename Pass> void in_groups(Pass& pass, int64_t n) {
  for (int64_t row = 0; row < n;) {
    const int64_t groups = (n - row + ROWS - 1) / ROWS, m = (n - row + groups - 1) / groups;
    one_group(pass, m, row);
    row += m;
  }
}

}  // namespace
