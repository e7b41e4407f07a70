// The recurrence of an LSTM over packed rows, and its gradient; `encoders/lstm_fast.py` compiles and calls it.
//
// One call reads whole rows: rows are dealt to threads, each of which goes through time on its own. A step multiplies
// the states of a few rows at a time by a packed weight, with the sums kept in registers, and goes on from there to the
// gates. Rows lie far apart in memory, so what the next step reads is fetched while this one computes.

#include <pthread.h>

#include "vectors.h"

namespace {

constexpr int GATES = 4;  // input, forget, output, candidate
constexpr int KEPT = 5;   // what the gradient needs of a unit: its gates and its cell

struct Call {
  int64_t rows, time, hidden, threads;
  const float* weight;  // (4 hidden, hidden)
  const uint8_t* reset;  // (rows, time), or null for never
  const void* x;  // (rows, time, 4 hidden)
  const float *h, *c;  // (rows, hidden) before the first step
  void* y;  // (rows, time, hidden)
  float *h_end, *c_end;  // (rows, hidden) after the last step
  void* kept;  // (rows, time, lstm_kept_width), laid out as this file likes; null where no gradient is wanted
  void* before;  // (rows, time, hidden): h as each step found it; or null
  const void* dy;  // (rows, time, hidden), or null for none
  const float *dh_end, *dc_end;  // (rows, hidden), or null for none
  void* dx;  // (rows, time, 4 hidden)
  float *dh, *dc;  // (rows, hidden)
};

// A panel holds the four gates of LANES units, so that a product ends with all that a cell needs.
template <typename E> E* pack_forward(const Call& call) {
  const int64_t hidden = call.hidden, size = round_up(hidden, 2) * GATES * LANES;
  E* packed = reserve<E>(round_up(hidden, LANES) / LANES * size);
  for (int64_t gate = 0; gate < GATES; gate++)
    for (int64_t unit = 0; unit < hidden; unit++) {
      const float* row = call.weight + (gate * hidden + unit) * hidden;
      E* panel = packed + unit / LANES * size;
      for (int64_t k = 0; k < hidden; k++)
        put(panel + packed_at<E>(k, gate * LANES + unit % LANES, GATES * LANES), row[k]);
    }
  return packed;
}

// Panels of at most COLUMNS vectors of the weight's columns, one behind the other.
template <typename E> E* pack_backward(const Call& call) {
  const int64_t hidden = call.hidden, wide = round_up(hidden, LANES), factors = GATES * hidden;
  E* packed = reserve<E>(factors * wide);
  for (int64_t begin = 0; begin < wide; begin += COLUMNS * LANES) {
    const int64_t width = wide - begin < COLUMNS * LANES ? wide - begin : COLUMNS * LANES;
    E* panel = packed + factors * begin;
    for (int64_t k = 0; k < factors; k++)
      for (int64_t n = 0; n < width && begin + n < hidden; n++)
        put(panel + packed_at<E>(k, n, width), call.weight[k * hidden + begin + n]);
  }
  return packed;
}

// `n` rows from row `first` on, through time. S is how numbers lie in memory, E what products take.
template <typename S> struct Forward {
  typedef typename Inside<S>::Type E;
  const Call& call;
  const int64_t first, n, wide;  // `wide`: units, rounded up to whole vectors; what is past them is 0
  const E* weight;
  E *h, *h_next;
  float* c;
  int64_t t, unit;

  void run() {
    for (t = 0; t < call.time; t++) {
      for (int64_t row = 0; row < n; row++) begin_step(row);
      for (unit = 0; unit < call.hidden; unit += LANES) in_groups(*this, n);
      E* swap = h;
      h = h_next;
      h_next = swap;
    }
  }

  inline int64_t step(int64_t row) { return (first + row) * call.time + t; }
  inline int some() { return call.hidden - unit < LANES ? call.hidden - unit : LANES; }

  void begin_step(int64_t row) {
    if (call.reset && call.reset[step(row)]) {
      memset(h + row * wide, 0, wide * sizeof(E));
      memset(c + row * wide, 0, wide * sizeof(float));
    }
    if (!call.before) return;
    S* before = (S*)call.before + step(row) * call.hidden;
    for (unit = 0; unit + LANES <= call.hidden; unit += LANES) store(before + unit, load(h + row * wide + unit));
    if (unit < call.hidden) store<false>(before + unit, load(h + row * wide + unit), some());
  }

  template <int M> void rows(int64_t row) {
    if (unit + LANES <= call.hidden) cells<M, true>(row);
    else cells<M, false>(row);
  }

  template <int M, bool WHOLE> void cells(int64_t row) {
    const int64_t hidden = call.hidden, factors = round_up(hidden, 2);
    Vector sums[M][GATES];
    for (int m = 0; m < M; m++) {
      const S* x = (const S*)call.x + step(row + m) * GATES * hidden + unit;
      for (int gate = 0; gate < GATES; gate++) {
        sums[m][gate] = load<WHOLE>(x + gate * hidden, some());
        __builtin_prefetch(x + (GATES + gate) * hidden, 0, 2);
      }
    }
    multiply(h + row * wide, wide, weight + unit * factors * GATES, factors, sums);
    for (int m = 0; m < M; m++) {
      float* cell = c + (row + m) * wide + unit;
      const Vector i = sigmoid(sums[m][0]), f = sigmoid(sums[m][1]), o = sigmoid(sums[m][2]), g = tanh(sums[m][3]);
      const Vector state = f * load(cell) + i * g;
      Vector out = o * tanh(state);
      if (!WHOLE)
        for (int lane = some(); lane < LANES; lane++) out[lane] = 0;
      store(cell, state);
      store(h_next + (row + m) * wide + unit, out);
      store<WHOLE>((S*)call.y + step(row + m) * hidden + unit, out, some());
      if (!call.kept) continue;
      const Vector all[KEPT] = {i, f, o, g, state};
      S* kept = (S*)call.kept + (step(row + m) * wide + unit) * KEPT;
      for (int k = 0; k < KEPT; k++) store(kept + k * LANES, all[k]);
    }
  }
};

template <typename S> void forward(const Call& call, int64_t first, int64_t n, const void* packed) {
  typedef typename Inside<S>::Type E;
  const int64_t hidden = call.hidden, wide = round_up(hidden, LANES);
  E *h = reserve<E>(n * wide), *h_next = reserve<E>(n * wide);
  float* c = reserve<float>(n * wide);
  for (int64_t row = 0; row < n; row++) {
    for (int64_t unit = 0; unit < hidden; unit++) put(h + row * wide + unit, call.h[(first + row) * hidden + unit]);
    memcpy(c + row * wide, call.c + (first + row) * hidden, hidden * sizeof(float));
  }
  Forward<S> work = {call, first, n, wide, (const E*)packed, h, h_next, c, 0, 0};
  work.run();
  for (int64_t row = 0; row < n; row++) {
    for (int64_t unit = 0; unit < hidden; unit += LANES)
      store<false>(call.h_end + (first + row) * hidden + unit, load(work.h + row * wide + unit),
                   hidden - unit < LANES ? hidden - unit : LANES);
    memcpy(call.c_end + (first + row) * hidden, c + row * wide, hidden * sizeof(float));
  }
  free(h);
  free(h_next);
  free(c);
}

// The same rows, back through time.
template <typename S> struct Backward {
  typedef typename Inside<S>::Type E;
  const Call& call;
  const int64_t first, n, wide;
  const E* weight;
  E* inner;  // (n, 4 hidden) gradient of the gates' pre-activations at this step
  float *dh, *dc;  // (n, wide) gradient of the state after this step, then before it
  int64_t t, begin;

  void run() {
    for (t = call.time - 1; t >= 0; t--) {
      for (int64_t row = 0; row < n; row++) {
        int64_t unit = 0;
        for (; unit + LANES <= call.hidden; unit += LANES) cells<true>(row, unit);
        if (unit < call.hidden) cells<false>(row, unit);
      }
      for (begin = 0; begin < wide; begin += COLUMNS * LANES) in_groups(*this, n);
      for (int64_t row = 0; row < n; row++)
        if (forgets(row)) memset(dh + row * wide, 0, wide * sizeof(float));
    }
  }

  inline int64_t step(int64_t row) { return (first + row) * call.time + t; }
  inline bool forgets(int64_t row) { return call.reset && call.reset[step(row)]; }

  template <bool WHOLE> inline Vector cell_before(int64_t row, int64_t unit, const S* kept, int some) {
    if (forgets(row)) return Vector{};
    if (t == 0) return load<WHOLE>(call.c + (first + row) * call.hidden + unit, some);
    return load(kept - KEPT * wide + GATES * LANES);
  }

  template <bool WHOLE> void cells(int64_t row, int64_t unit) {
    const int64_t hidden = call.hidden;
    const int some = hidden - unit < LANES ? hidden - unit : LANES;
    const S* kept = (const S*)call.kept + (step(row) * wide + unit) * KEPT;
    Vector all[KEPT];
    for (int k = 0; k < KEPT; k++) {
      all[k] = load(kept + k * LANES);
      __builtin_prefetch(kept - 2 * KEPT * wide + k * LANES, 0, 2);
    }
    const Vector i = all[0], f = all[1], o = all[2], g = all[3], flat = tanh(all[4]);
    const Vector c_before = cell_before<WHOLE>(row, unit, kept, some);
    Vector on_h = load(dh + row * wide + unit), on_c = load(dc + row * wide + unit);
    if (call.dy) on_h += load<WHOLE>((const S*)call.dy + step(row) * hidden + unit, some);
    on_c += on_h * o * (1.0f - flat * flat);
    const Vector grads[GATES] = {on_c * g * i * (1.0f - i), on_c * c_before * f * (1.0f - f),
                                 on_h * flat * o * (1.0f - o), on_c * i * (1.0f - g * g)};
    for (int gate = 0; gate < GATES; gate++) {
      store<WHOLE>((S*)call.dx + (step(row) * GATES + gate) * hidden + unit, grads[gate], some);
      store<WHOLE>(inner + (row * GATES + gate) * hidden + unit, grads[gate], some);
    }
    store(dc + row * wide + unit, forgets(row) ? Vector{} : on_c * f);
  }

  template <int M> void rows(int64_t row) {
    switch ((wide - begin) / LANES) {
      case 1: return product<M, 1>(row);
      case 2: return product<M, 2>(row);
      case 3: return product<M, 3>(row);
      default: return product<M, COLUMNS>(row);
    }
  }

  template <int M, int VECS> void product(int64_t row) {
    const int64_t factors = GATES * call.hidden;
    Vector sums[M][VECS] = {};
    multiply(inner + row * factors, factors, weight + factors * begin, factors, sums);
    for (int m = 0; m < M; m++)
      for (int v = 0; v < VECS; v++) store(dh + (row + m) * wide + begin + v * LANES, sums[m][v]);
  }
};

template <typename S> void backward(const Call& call, int64_t first, int64_t n, const void* packed) {
  typedef typename Inside<S>::Type E;
  const int64_t hidden = call.hidden, wide = round_up(hidden, LANES);
  E* inner = reserve<E>(n * GATES * hidden);
  float *dh = reserve<float>(n * wide), *dc = reserve<float>(n * wide);
  for (int64_t row = 0; row < n; row++) {
    if (call.dh_end) memcpy(dh + row * wide, call.dh_end + (first + row) * hidden, hidden * sizeof(float));
    if (call.dc_end) memcpy(dc + row * wide, call.dc_end + (first + row) * hidden, hidden * sizeof(float));
  }
  Backward<S> work = {call, first, n, wide, (const E*)packed, inner, dh, dc, 0, 0};
  work.run();
  for (int64_t row = 0; row < n; row++) {
    memcpy(call.dh + (first + row) * hidden, dh + row * wide, hidden * sizeof(float));
    memcpy(call.dc + (first + row) * hidden, dc + row * wide, hidden * sizeof(float));
  }
  free(inner);
  free(dh);
  free(dc);
}

// One step of few rows, with the weight as it lies: packing it would take longer. `y` is for the gates, (rows, 4 hidden).
struct Step {
  const Call& call;
  int64_t unit;

  void run() {
    for (unit = 0; unit < call.hidden; unit++) in_groups(*this, call.rows);
    for (int64_t row = 0; row < call.rows; row++)
      for (int64_t first = 0; first < call.hidden; first += LANES)
        call.hidden - first < LANES ? cells<false>(row, first) : cells<true>(row, first);
  }

  template <int M> void rows(int64_t row) {
    const int64_t hidden = call.hidden, whole = hidden / LANES * LANES;
    Vector sums[M][GATES] = {};
    for (int64_t k = 0; k < whole; k += LANES) add<M, true>(row, k, sums);
    if (whole < hidden) add<M, false>(row, whole, sums);
    for (int m = 0; m < M; m++)
      for (int gate = 0; gate < GATES; gate++) {
        const int64_t at = (row + m) * GATES * hidden + gate * hidden + unit;
        ((float*)call.y)[at] = ((const float*)call.x)[at] + total(sums[m][gate]);
      }
  }

  template <int M, bool WHOLE> void add(int64_t row, int64_t k, Vector (&sums)[M][GATES]) {
    const int some = call.hidden - k < LANES ? call.hidden - k : LANES;
    Vector h[M];
    for (int m = 0; m < M; m++) h[m] = load<WHOLE>(call.h + (row + m) * call.hidden + k, some);
    for (int gate = 0; gate < GATES; gate++) {
      const Vector factor = load<WHOLE>(call.weight + (gate * call.hidden + unit) * call.hidden + k, some);
      for (int m = 0; m < M; m++) sums[m][gate] += h[m] * factor;
    }
  }

  template <bool WHOLE> void cells(int64_t row, int64_t first) {
    const int64_t hidden = call.hidden, at = row * hidden + first;
    const int some = hidden - first < LANES ? hidden - first : LANES;
    Vector gates[GATES];
    for (int gate = 0; gate < GATES; gate++)
      gates[gate] = load<WHOLE>((const float*)call.y + (row * GATES + gate) * hidden + first, some);
    const Vector c = load<WHOLE>(call.c + at, some);
    const Vector state = sigmoid(gates[1]) * c + sigmoid(gates[0]) * tanh(gates[3]);
    store<WHOLE>(call.c_end + at, state, some);
    store<WHOLE>(call.h_end + at, sigmoid(gates[2]) * tanh(state), some);
  }
};

typedef void (*Part)(const Call&, int64_t first, int64_t n, const void* packed);

struct Share {
  const Call* call;
  Part part;
  int64_t first, n;
  const void* packed;
  pthread_t thread;
  bool away;
};

void* do_share(void* p) {
  const Share* share = (const Share*)p;
  share->part(*share->call, share->first, share->n, share->packed);
  return nullptr;
}

// Deals rows to threads; this one does its share too, and what nobody could be found for.
void deal(const Call& call, Part part, void* packed) {
  const int64_t parts = call.threads < call.rows ? call.threads : call.rows;
  Share* shares = (Share*)calloc(parts, sizeof(Share));
  for (int64_t k = parts - 1; k >= 0; k--) {
    const int64_t first = call.rows * k / parts, n = call.rows * (k + 1) / parts - first;
    shares[k] = {&call, part, first, n, packed, pthread_t(), false};
    shares[k].away = k && !pthread_create(&shares[k].thread, nullptr, do_share, shares + k);
    if (!shares[k].away) do_share(shares + k);
  }
  for (int64_t k = 1; k < parts; k++)
    if (shares[k].away) pthread_join(shares[k].thread, nullptr);
  free(shares);
  free(packed);
}

}  // namespace

extern "C" {
int lstm_kept_width(const Call* call) { return round_up(call->hidden, LANES) * KEPT; }
void lstm_step_float32(const Call* call) { Step{*call, 0}.run(); }
void lstm_forward_float32(const Call* call) { deal(*call, forward<float>, pack_forward<float>(*call)); }
void lstm_forward_bfloat16(const Call* call) { deal(*call, forward<bf16>, pack_forward<Packed>(*call)); }
void lstm_backward_float32(const Call* call) { deal(*call, backward<float>, pack_backward<float>(*call)); }
void lstm_backward_bfloat16(const Call* call) { deal(*call, backward<bf16>, pack_backward<Packed>(*call)); }
}
