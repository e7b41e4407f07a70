// The recurrence of an LSTM over packed rows, and its gradient; see lstm_fast.py, which compiles and calls it.
//
// One call reads whole rows: rows are dealt to threads, each of which goes through time on its own. A step multiplies
// the states of a few rows at a time by a packed weight, with the sums kept in registers, and goes on from there to the
// gates. Vectors are those of GCC and Clang, so that one text serves every width; float32 or bfloat16 in memory, sums
// in float32 always. Rows lie far apart, so what the next step reads is fetched while this one computes.

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

namespace {

#if defined(__AVX512F__)
constexpr int LANES = 16, ROWS = 6;
#elif defined(__AVX__)
constexpr int LANES = 8, ROWS = 2;
#else
constexpr int LANES = 4, ROWS = 4;
#endif
constexpr int GATES = 4;    // input, forget, output, candidate
constexpr int KEPT = 5;     // what the gradient needs of a unit: its gates and its cell
constexpr int VECTORS = 4;  // columns of vectors that a product computes at once

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

// The first n < LANES numbers only.
template <typename S> INLINE Vector load(const S* p, int n) {
  S part[LANES] = {};
  memcpy(part, p, n * sizeof(S));
  return load(part);
}
template <typename S> INLINE void store(S* p, Vector v, int n) {
  S part[LANES];
  store(part, v);
  memcpy(p, part, n * sizeof(S));
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

// sums[m][n] += sum over k of a[m][k] * w[k][n]; `w` is packed, VECS vectors a row of k (of two k in bfloat16).
template <int M, int VECS> INLINE void multiply(const float* a, int64_t step, const float* w, int64_t k, Vector (&sums)[M][VECS]) {
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
template <int M, int VECS> INLINE void multiply(const bf16* a, int64_t step, const bf16* w, int64_t k, Vector (&sums)[M][VECS]) {
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

template <typename T> struct Inside { typedef float Type; };
template <> struct Inside<bf16> { typedef Packed Type; };  // what products take

struct Call {
  int64_t rows, time, hidden, threads;
  const float* weight;  // (4 hidden, hidden)
  const uint8_t* reset;  // (rows, time) or null
  const void* x;        // (rows, time, 4 hidden)
  const float *h, *c;   // (rows, hidden) before the first step
  void* y;              // (rows, time, hidden)
  float *h_end, *c_end;  // (rows, hidden) after the last step
  void* kept;           // (rows, time, kept_width), laid out as this file likes; or null, where no gradient is wanted
  void* before;         // (rows, time, hidden): h as each step found it, or null
  const void* dy;       // (rows, time, hidden) or null
  const float *dh_end, *dc_end;  // or null
  void* dx;             // (rows, time, 4 hidden)
  float *dh, *dc;       // (rows, hidden)
};

INLINE int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

template <typename E> E* reserve(int64_t n) {
  void* p = aligned_alloc(64, round_up(n * sizeof(E), 64));
  memset(p, 0, n * sizeof(E));
  return (E*)p;
}

INLINE void put(float* p, float value) { *p = value; }
INLINE void put(bf16* p, float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  *p = (bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 64 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

// Packed for `multiply`: element (k, n) of a panel of `width` columns.
template <typename E> INLINE int64_t packed_at(int64_t k, int64_t n, int64_t width) {
  return sizeof(E) == 4 ? k * width + n : (k / 2 * width + n) * 2 + k % 2;
}

// A panel holds the four gates of LANES units, so that a product ends with all that a cell needs.
template <typename E> E* pack_forward(const Call& call) {
  int64_t h = call.hidden, panels = round_up(h, LANES) / LANES, k_size = round_up(h, 2), size = k_size * GATES * LANES;
  E* packed = reserve<E>(panels * size);
  for (int64_t unit = 0; unit < h; unit++)
    for (int64_t gate = 0; gate < GATES; gate++) {
      const float* row = call.weight + (gate * h + unit) * h;
      E* panel = packed + unit / LANES * size;
      for (int64_t k = 0; k < h; k++) put(panel + packed_at<E>(k, gate * LANES + unit % LANES, GATES * LANES), row[k]);
    }
  return packed;
}

// Panels of at most VECTORS vectors of the weight's columns, one behind the other.
template <typename E> E* pack_backward(const Call& call) {
  int64_t h = call.hidden, vectors = round_up(h, LANES) / LANES, k_size = GATES * h;
  E* packed = reserve<E>(k_size * vectors * LANES);
  for (int64_t first = 0; first < vectors; first += VECTORS) {
    int64_t width = (vectors - first < VECTORS ? vectors - first : VECTORS) * LANES, begin = first * LANES;
    E* panel = packed + k_size * begin;
    for (int64_t k = 0; k < k_size; k++)
      for (int64_t n = 0; n < width && begin + n < h; n++)
        put(panel + packed_at<E>(k, n, width), call.weight[k * h + begin + n]);
  }
  return packed;
}

template <typename S> struct Forward {
  typedef typename Inside<S>::Type E;
  const Call& call;
  const E* weight;
  int64_t first, n;
  E *h, *h_next;
  float* c;
  int64_t wide;  // units, rounded up

  template <int M, bool WHOLE> void cells(int64_t row, int64_t t, int64_t unit) {
    const int64_t hidden = call.hidden, left = hidden - unit;
    const int some = left < LANES ? left : LANES;
    const E* panel = weight + unit / LANES * round_up(hidden, 2) * GATES * LANES;
    Vector sums[M][GATES];
    for (int m = 0; m < M; m++) {
      const S* x = (const S*)call.x + ((first + row + m) * call.time + t) * GATES * hidden + unit;
      for (int g = 0; g < GATES; g++) {
        sums[m][g] = WHOLE ? load(x + g * hidden) : load(x + g * hidden, some);
        __builtin_prefetch(x + (GATES + g) * hidden, 0, 2);
      }
    }
    multiply(h + row * wide, wide, panel, round_up(hidden, 2), sums);
    for (int m = 0; m < M; m++) {
      float* cell = c + (row + m) * wide + unit;
      Vector i = sigmoid(sums[m][0]), f = sigmoid(sums[m][1]), o = sigmoid(sums[m][2]), g = tanh(sums[m][3]);
      Vector state = f * load(cell) + i * g, out = o * tanh(state);
      store(cell, state);
      if (!WHOLE)
        for (int lane = some; lane < LANES; lane++) out[lane] = 0;  // so that products may take whole vectors
      store(h_next + (row + m) * wide + unit, out);
      const int64_t step = (first + row + m) * call.time + t;
      S* y = (S*)call.y + step * hidden + unit;
      WHOLE ? store(y, out) : store(y, out, some);
      if (!call.kept) continue;
      const Vector all[KEPT] = {i, f, o, g, state};
      for (int k = 0; k < KEPT; k++) store((S*)call.kept + (step * wide + unit) * KEPT + k * LANES, all[k]);
    }
  }

  template <int M> void some_rows(int64_t row, int64_t t, int64_t unit) {
    if (unit + LANES <= call.hidden) cells<M, true>(row, t, unit);
    else cells<M, false>(row, t, unit);
  }

  void run() {
    const int64_t hidden = call.hidden;
    for (int64_t t = 0; t < call.time; t++) {
      for (int64_t row = 0; row < n; row++) {
        const int64_t step = (first + row) * call.time + t;
        if (call.reset && call.reset[step]) {
          memset(h + row * wide, 0, wide * sizeof(E));
          memset(c + row * wide, 0, wide * sizeof(float));
        }
        if (call.before)
          for (int64_t unit = 0; unit < hidden; unit += LANES) {
            S* before = (S*)call.before + step * hidden + unit;
            Vector v = load(h + row * wide + unit);
            unit + LANES <= hidden ? store(before, v) : store(before, v, hidden - unit);
          }
      }
      for (int64_t unit = 0; unit < hidden; unit += LANES)
        for (int64_t row = 0; row < n;) {
          int64_t groups = (n - row + ROWS - 1) / ROWS, m = (n - row + groups - 1) / groups;
          switch (m) {
            case 6: some_rows<ROWS < 6 ? 1 : 6>(row, t, unit); break;
            case 5: some_rows<ROWS < 5 ? 1 : 5>(row, t, unit); break;
            case 4: some_rows<ROWS < 4 ? 1 : 4>(row, t, unit); break;
            case 3: some_rows<ROWS < 3 ? 1 : 3>(row, t, unit); break;
            case 2: some_rows<2>(row, t, unit); break;
            default: some_rows<1>(row, t, unit);
          }
          row += m;
        }
      E* swap = h;
      h = h_next;
      h_next = swap;
    }
  }
};

template <typename S> void forward(const Call& call, int64_t first, int64_t n, const void* packed) {
  typedef typename Inside<S>::Type E;
  const int64_t hidden = call.hidden, wide = round_up(hidden, LANES);
  E *h = reserve<E>(n * wide), *h_next = reserve<E>(n * wide);
  float* c = reserve<float>(n * wide);
  for (int64_t row = 0; row < n; row++)
    for (int64_t unit = 0; unit < hidden; unit++) {
      put(h + row * wide + unit, call.h[(first + row) * hidden + unit]);
      c[row * wide + unit] = call.c[(first + row) * hidden + unit];
    }
  Forward<S> work = {call, (const E*)packed, first, n, h, h_next, c, wide};
  work.run();
  for (int64_t row = 0; row < n; row++)
    for (int64_t unit = 0; unit < hidden; unit += LANES) {
      int some = hidden - unit < LANES ? hidden - unit : LANES;
      store(call.h_end + (first + row) * hidden + unit, load(work.h + row * wide + unit), some);
      store(call.c_end + (first + row) * hidden + unit, load(work.c + row * wide + unit), some);
    }
  free(h);
  free(h_next);
  free(c);
}

template <typename S> struct Backward {
  typedef typename Inside<S>::Type E;
  const Call& call;
  const E* weight;
  int64_t first, n, wide;
  E* grads;  // (n, 4 hidden)
  float *dh, *dc;  // (n, wide)

  template <bool WHOLE> void cells(int64_t row, int64_t t, int64_t unit) {
    const int64_t hidden = call.hidden, step = (first + row) * call.time + t, left = hidden - unit;
    const int some = left < LANES ? left : LANES;
    const S* kept = (const S*)call.kept + (step * wide + unit) * KEPT;
    Vector all[KEPT];
    for (int k = 0; k < KEPT; k++) {
      all[k] = load(kept + k * LANES);
      __builtin_prefetch(kept - 2 * KEPT * wide + k * LANES, 0, 2);
    }
    const Vector i = all[0], f = all[1], o = all[2], g = all[3], c = all[4];
    Vector c_before = {};
    const bool fresh = call.reset && call.reset[step];
    if (!fresh && t > 0) c_before = load(kept - KEPT * wide + GATES * LANES);
    if (!fresh && t == 0) {
      const float* p = call.c + (first + row) * hidden + unit;
      c_before = WHOLE ? load(p) : load(p, some);
    }
    float *dh_at = dh + row * wide + unit, *dc_at = dc + row * wide + unit;
    Vector on_h = load(dh_at), on_c = load(dc_at), flat = tanh(c);
    if (call.dy) {
      const S* dy = (const S*)call.dy + step * hidden + unit;
      on_h += WHOLE ? load(dy) : load(dy, some);
    }
    on_c += on_h * o * (1.0f - flat * flat);
    const Vector inner[GATES] = {on_c * g * i * (1.0f - i), on_c * c_before * f * (1.0f - f),
                                 on_h * flat * o * (1.0f - o), on_c * i * (1.0f - g * g)};
    S* dx = (S*)call.dx + step * GATES * hidden + unit;
    E* factor = grads + row * GATES * hidden + unit;
    for (int k = 0; k < GATES; k++) {
      WHOLE ? store(dx + k * hidden, inner[k]) : store(dx + k * hidden, inner[k], some);
      WHOLE ? store(factor + k * hidden, inner[k]) : store(factor + k * hidden, inner[k], some);
    }
    store(dc_at, fresh ? on_c * 0 : on_c * f);
  }

  template <int M, int VECS> void product(int64_t row, int64_t begin) {
    const int64_t k = GATES * call.hidden;
    Vector sums[M][VECS] = {};
    multiply(grads + row * k, k, weight + k * begin, k, sums);
    for (int m = 0; m < M; m++)
      for (int v = 0; v < VECS; v++) store(dh + (row + m) * wide + begin + v * LANES, sums[m][v]);
  }

  template <int M> void some_rows(int64_t row, int64_t begin) {
    switch ((wide - begin) / LANES) {
      case 1: product<M, 1>(row, begin); break;
      case 2: product<M, 2>(row, begin); break;
      case 3: product<M, 3>(row, begin); break;
      default: product<M, VECTORS>(row, begin);
    }
  }

  void run() {
    for (int64_t t = call.time - 1; t >= 0; t--) {
      for (int64_t row = 0; row < n; row++) {
        int64_t unit = 0;
        for (; unit + LANES <= call.hidden; unit += LANES) cells<true>(row, t, unit);
        if (unit < call.hidden) cells<false>(row, t, unit);
      }
      for (int64_t begin = 0; begin < wide; begin += VECTORS * LANES)
        for (int64_t row = 0; row < n;) {
          int64_t groups = (n - row + ROWS - 1) / ROWS, m = (n - row + groups - 1) / groups;
          switch (m) {
            case 6: some_rows<ROWS < 6 ? 1 : 6>(row, begin); break;
            case 5: some_rows<ROWS < 5 ? 1 : 5>(row, begin); break;
            case 4: some_rows<ROWS < 4 ? 1 : 4>(row, begin); break;
            case 3: some_rows<ROWS < 3 ? 1 : 3>(row, begin); break;
            case 2: some_rows<2>(row, begin); break;
            default: some_rows<1>(row, begin);
          }
          row += m;
        }
      for (int64_t row = 0; row < n && call.reset; row++)
        if (call.reset[(first + row) * call.time + t]) memset(dh + row * wide, 0, wide * sizeof(float));
    }
  }
};

template <typename S> void backward(const Call& call, int64_t first, int64_t n, const void* packed) {
  typedef typename Inside<S>::Type E;
  const int64_t hidden = call.hidden, wide = round_up(hidden, LANES);
  E* grads = reserve<E>(n * GATES * hidden + LANES);
  float *dh = reserve<float>(n * wide), *dc = reserve<float>(n * wide);
  for (int64_t row = 0; row < n; row++) {
    if (call.dh_end) memcpy(dh + row * wide, call.dh_end + (first + row) * hidden, hidden * sizeof(float));
    if (call.dc_end) memcpy(dc + row * wide, call.dc_end + (first + row) * hidden, hidden * sizeof(float));
  }
  Backward<S> work = {call, (const E*)packed, first, n, wide, grads, dh, dc};
  work.run();
  for (int64_t row = 0; row < n; row++) {
    memcpy(call.dh + (first + row) * hidden, dh + row * wide, hidden * sizeof(float));
    memcpy(call.dc + (first + row) * hidden, dc + row * wide, hidden * sizeof(float));
  }
  free(grads);
  free(dh);
  free(dc);
}

typedef void (*Part)(const Call&, int64_t, int64_t, const void*);

struct Share {
  const Call* call;
  Part part;
  int64_t first, n;
  const void* packed;
  pthread_t thread;
};

void* do_share(void* p) {
  Share* share = (Share*)p;
  share->part(*share->call, share->first, share->n, share->packed);
  return nullptr;
}

void deal(const Call& call, Part part, void* packed) {
  int64_t parts = call.threads < call.rows ? call.threads : call.rows;
  Share* shares = (Share*)calloc(parts, sizeof(Share));
  for (int64_t k = 0; k < parts; k++) {
    int64_t first = call.rows * k / parts, n = call.rows * (k + 1) / parts - first;
    shares[k] = {&call, part, first, n, packed, 0};
    if (k && pthread_create(&shares[k].thread, nullptr, do_share, shares + k)) {
      do_share(shares + k);
      shares[k].part = nullptr;
    }
  }
  do_share(shares);
  for (int64_t k = 1; k < parts; k++)
    if (shares[k].part) pthread_join(shares[k].thread, nullptr);
  free(shares);
  free(packed);
}

}  // namespace

extern "C" {
int64_t lstm_kept_width(int64_t hidden) { return round_up(hidden, LANES) * KEPT; }
void lstm_forward_float32(const Call* call) { deal(*call, forward<float>, pack_forward<float>(*call)); }
void lstm_forward_bfloat16(const Call* call) { deal(*call, forward<bf16>, pack_forward<Packed>(*call)); }
void lstm_backward_float32(const Call* call) { deal(*call, backward<float>, pack_backward<float>(*call)); }
void lstm_backward_bfloat16(const Call* call) { deal(*call, backward<bf16>, pack_backward<Packed>(*call)); }
}
