// What a deep tracer reads of one answer each, and what its heads say of one question each; `tracing/dkt/now_fast.py`
// calls it, and `tracing/dkt/now_torch.py` says the same in torch.
//
// Both are sums of rows of a table, weighed, and a product beside them.

#include "vectors.h"

namespace {

struct Call {
  int64_t n, columns, skills, factors, outputs, skip, rows;
  const int64_t *member, *item, *correct;  // (n, columns), padded with -1; (n,) or null; (n,) or null
  const float* table;  // (rows, skip + outputs): a row a skill, then one an item; of each, with `correct`, wrong and right
  const float* x;  // (n, factors)
  const float* weight;  // (factors, outputs)
  const float* bias;  // (outputs,) or null
  float* out;  // (n, outputs)
  const float* known;  // (n, skip)
  const float *last, *last_bias;  // (2, outputs - 2), (2,)
  float* logits;  // (n, 2)
};

// The rows of one question: `each` visits them, with the weight of each.
struct Rows {
  const Call& call;
  const int64_t question;

  template <typename Visit> void each(Visit visit) const {
    const int64_t* member = call.member + question * call.columns;
    int64_t size = 0;
    for (int64_t k = 0; k < call.columns; k++) size += member[k] >= 0;
    for (int64_t k = 0; k < call.columns; k++)
      if (member[k] >= 0) visit(at(member[k]), 1.0f / size);
    if (call.item) visit(at(call.skills + call.item[question]), 1.0f);
  }
  int64_t row(int64_t of) const { return call.correct ? 2 * of + (call.correct[question] != 0) : of; }
  const float* at(int64_t of) const { return call.table + row(of) * (call.skip + call.outputs); }

  bool inside() const {
    for (int64_t k = 0; k < call.columns; k++)
      if (call.member[question * call.columns + k] >= call.skills) return false;
    if (!call.item) return row(call.skills - 1) < call.rows;
    return call.item[question] >= 0 && row(call.skills + call.item[question]) < call.rows;
  }
};

// 0, or one more than the number of a question that is on what is in no table.
int64_t outside(const Call& call) {
  for (int64_t question = 0; question < call.n; question++)
    if (!Rows{call, question}.inside()) return question + 1;
  return 0;
}

struct Affine {
  const Call& call;
  int64_t first, begin;

  void run() {
    for (first = 0; first < call.n; first += ROWS)  // a group's whole rows, while they are near the processor
      for (begin = 0; begin < call.outputs; begin += COLUMNS * LANES)
        in_groups(*this, call.n - first < ROWS ? call.n - first : ROWS);
  }

  template <int M> void rows(int64_t row) {
    row += first;
    switch ((call.outputs - begin) / LANES) {
      case 0: return block<M, 1, false>(row, begin);
      case 1: return block<M, 1, true>(row, begin), rest<M>(row, begin + LANES);
      case 2: return block<M, 2, true>(row, begin), rest<M>(row, begin + 2 * LANES);
      case 3: return block<M, 3, true>(row, begin), rest<M>(row, begin + 3 * LANES);
      default: return block<M, COLUMNS, true>(row, begin);
    }
  }

  template <int M> void rest(int64_t row, int64_t column) {
    if (column < call.outputs) block<M, 1, false>(row, column);
  }

  template <int M, int VECS, bool WHOLE> void block(int64_t row, int64_t column) {
    const int some = call.outputs - column < LANES ? call.outputs - column : LANES;
    Vector sums[M][VECS] = {};
    for (int m = 0; m < M; m++) {
      if (call.bias)
        for (int v = 0; v < VECS; v++) sums[m][v] = load<WHOLE>(call.bias + column + v * LANES, some);
      Rows{call, row + m}.each([&](const float* of, float share) {
        for (int v = 0; v < VECS; v++) sums[m][v] += share * load<WHOLE>(of + call.skip + column + v * LANES, some);
      });
    }
    const float *w = call.weight + column, *x = call.x + row * call.factors;
    for (int64_t k = 0; k < call.factors; k++, w += call.outputs) {
      Vector factor[VECS];
      for (int v = 0; v < VECS; v++) factor[v] = load<WHOLE>(w + v * LANES, some);
      for (int m = 0; m < M; m++)
        for (int v = 0; v < VECS; v++) sums[m][v] += x[m * call.factors + k] * factor[v];
    }
    for (int m = 0; m < M; m++)
      for (int v = 0; v < VECS; v++)
        store<WHOLE>(call.out + (row + m) * call.outputs + column + v * LANES, sums[m][v], some);
  }
};

// Sum of max(a, floor) * b.
INLINE float dot(const float* a, const float* b, int64_t n, float floor) {
  Vector sum = {};
  for (int64_t k = 0; k < n; k += LANES) {
    const int some = n - k < LANES ? n - k : LANES;
    const Vector left = some == LANES ? load(a + k) : load<false>(a + k, some);
    const Vector right = some == LANES ? load(b + k) : load<false>(b + k, some);
    sum += (left > floor ? left : Vector{} + floor) * right;
  }
  return total(sum);
}

void say(const Call& call, int64_t question) {
  const float *units = call.out + question * call.outputs, *known = call.known + question * call.skip;
  const int64_t hidden = call.outputs - 2;
  float* logits = call.logits + question * 2;
  for (int task = 0; task < 2; task++)
    logits[task] = units[task] + call.last_bias[task] + dot(units + 2, call.last + task * hidden, hidden, 0);
  Rows{call, question}.each([&](const float* of, float share) {
    logits[0] += share * dot(known, of, call.skip, -__builtin_inff());
  });
}

}  // namespace

extern "C" {
int one_answer_read(const Call* call) {
  if (const int64_t wrong = outside(*call)) return wrong;
  Affine{*call, 0, 0}.run();
  return 0;
}
int one_answer_ask(const Call* call) {
  if (const int64_t wrong = outside(*call)) return wrong;
  Affine{*call, 0, 0}.run();
  for (int64_t question = 0; question < call->n; question++) say(*call, question);
  return 0;
}
}
