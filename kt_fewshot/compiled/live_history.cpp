// Histories of students who are here now, one question or answer each; `data/live/fast.py` calls it, and
// `data/live/tables.py` says the same in torch.

#include <math.h>
#include <stdint.h>
#include <string.h>

namespace {

enum { WINS, FAILS, AVERAGE, STREAK, DESCRIBED, FEATURES = 5, TIME = DESCRIBED + FEATURES, FIELDS };
constexpr double MEMORY = 0.8, GAP_SCALE = 10;

struct Call {
  int64_t students, columns, rows, items, doubles;  // a student has so many rows and items; `doubles`: of the features
  const int64_t *member, *item;  // (students, columns), padded with -1; (students,)
  const double* time;  // (students,)
  const double* practice;  // (students, rows, FIELDS); the last row is that of all answers
  const int16_t* counts;  // (students, items, 2)
  int64_t *at, *item_at;  // (students, columns + 1), (students,): rows of the two tables
  double* known;  // (students, columns + 1, FIELDS): what stands there, then what will
  int16_t* counted;  // (students, 2)
  void* features;  // (students, 2 FEATURES + 4)
  const double* correct;  // (students,)
};

double log_gap(double seconds) { return seconds > 0 ? log1p(seconds) / GAP_SCALE : 0; }

void describe(double* row) {
  const double wins = row[WINS], fails = row[FAILS], streak = row[STREAK];
  row[DESCRIBED] = log1p(wins);
  row[DESCRIBED + 1] = log1p(fails);
  row[DESCRIBED + 2] = 2 * row[AVERAGE] - 1;
  row[DESCRIBED + 3] = copysign(log1p(fabs(streak)), streak);
  row[DESCRIBED + 4] = 2 * ((wins + 1) / (wins + fails + 2)) - 1;
}

bool inside(const Call& call, int64_t student) {
  const int64_t* member = call.member + student * call.columns;
  for (int64_t k = 0; k < call.columns; k++)
    if (member[k] >= call.rows - 1) return false;
  return call.item[student] >= 0 && call.item[student] < call.items;
}

// Finds the rows of a question and adds up the features of its skills' tallies, and of their gaps.
template <typename F> void ask(const Call& call, int64_t student) {
  const int64_t last = call.columns, width = last + 1, *member = call.member + student * last;
  int64_t* at = call.at + student * width;
  double* known = call.known + student * width * FIELDS;
  double sum[FEATURES + 1] = {}, size = 0;
  for (int64_t k = 0; k <= last; k++, known += FIELDS) {
    const bool skill = k < last && member[k] >= 0;
    at[k] = student * call.rows + (skill ? member[k] : call.rows - 1);
    memcpy(known, call.practice + at[k] * FIELDS, FIELDS * sizeof(double));
    if (!skill) continue;
    for (int f = 0; f < FEATURES; f++) sum[f] += known[DESCRIBED + f];
    sum[FEATURES] += log_gap(call.time[student] - known[TIME]);
    size++;
  }
  known -= FIELDS;
  const int64_t item = call.item[student], place = call.item_at[student] = student * call.items + item;
  int16_t* counted = call.counted + student * 2;
  memcpy(counted, call.counts + place * 2, 2 * sizeof(int16_t));
  F* features = (F*)call.features + student * (2 * FEATURES + 4);
  for (int f = 0; f < FEATURES; f++) {
    features[f] = sum[f] / size;
    features[FEATURES + f] = known[DESCRIBED + f];
  }
  for (int k = 0; k < 2; k++) features[2 * FEATURES + k] = item ? log1p(counted[k]) : 0;  // item 0 is the unknown one
  features[2 * FEATURES + 2] = log_gap(call.time[student] - known[TIME]);
  features[2 * FEATURES + 3] = sum[FEATURES] / size;
}

// Brings what `ask` found to what it is after the answer.
void answer(const Call& call, int64_t student) {
  const double correct = call.correct[student];
  double* row = call.known + student * (call.columns + 1) * FIELDS;
  for (int64_t k = 0; k <= call.columns; k++, row += FIELDS) {
    row[WINS] += correct;
    row[FAILS] += 1 - correct;
    row[AVERAGE] = MEMORY * row[AVERAGE] + (1 - MEMORY) * correct;
    row[STREAK] = correct > 0 ? fmax(row[STREAK], 0) + 1 : fmin(row[STREAK], 0) - 1;
    row[TIME] = call.time[student];
    describe(row);
  }
  call.counted[student * 2 + (correct > 0 ? 0 : 1)]++;
}

}  // namespace

extern "C" {
// 0, or one more than the number of a question that is on what is in no table.
int history_ask(const Call* call) {
  for (int64_t student = 0; student < call->students; student++) {
    if (!inside(*call, student)) return student + 1;
    call->doubles ? ask<double>(*call, student) : ask<float>(*call, student);
  }
  return 0;
}
void history_answer(const Call* call) {
  for (int64_t student = 0; student < call->students; student++) answer(*call, student);
}
}
