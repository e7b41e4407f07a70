// Numbers set to 0 at random; `encoders/dropout.py` compiles and calls it.
//
// Whether a number is dropped is a hash of its place and a seed, so that the way back needs no mask: it drops again.

#include "vectors.h"

namespace {

struct Call {
  int64_t n, seed, threshold;  // dropped are those whose hash, of 32 bits, is below the threshold
  int64_t scale;  // the bits of a float32
  const void* x;
  void* y;  // (n,)
};

// Two rounds of multiplying and folding ("lowbias32" of Wellons, https://github.com/skeeto/hash-prospector).
INLINE Bits mixed(Bits x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

template <typename S> void drop(const Call& call) {
  const S* x = (const S*)call.x;
  S* y = (S*)call.y;
  const uint32_t low = call.seed, high = call.seed >> 32, threshold = call.threshold;
  const uint32_t bits = call.scale;
  float scale;
  memcpy(&scale, &bits, 4);
  Bits place;
  for (int lane = 0; lane < LANES; lane++) place[lane] = lane;
  int64_t k = 0;
  for (; k + LANES <= call.n; k += LANES, place += LANES) {
    const Vector kept = load(x + k) * scale;
    store(y + k, mixed(mixed(place ^ low) + high) < threshold ? Vector{} : kept);
  }
  if (k == call.n) return;
  const Vector kept = load<false>(x + k, call.n - k) * scale;
  store<false>(y + k, mixed(mixed(place ^ low) + high) < threshold ? Vector{} : kept, call.n - k);
}

}  // namespace

extern "C" {
void dropout_float32(const Call* call) { drop<float>(*call); }
void dropout_bfloat16(const Call* call) { drop<bf16>(*call); }
}
