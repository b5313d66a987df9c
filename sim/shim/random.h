// Seeded bits for stalls and bubbles: xorshift64*, so that a failing seed fails everywhere.
#pragma once

#include <cstdint>

namespace sterna {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 0x632BE59BD9B4E019ull) {
    if (state_ == 0) state_ = 1;
  }

  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Dull;
  }

  // True with a probability of `per65536` / 65536; draws nothing for 0, the common case.
  bool chance(uint32_t per65536) {
    return per65536 != 0 && (next() >> 48) < per65536;
  }

 private:
  uint64_t state_;
};

}  // namespace sterna
