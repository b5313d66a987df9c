// Seeded bits for stalls and bubbles: xorshift64*, so that a failing seed fails everywhere.
#pragma once

#include <cstdint>
#include <cstring>

#include "model.h"

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
  bool chance(uint32_t per65536) { return per65536 != 0 && (next() >> 48) < per65536; }

  // Noise on a port whose value does not count now: a design that looks all the same goes wrong
  // in the first test and not on the board.
  void scramble(const Port& port) {
    const uint32_t whole = port.width / 8;
    for (uint32_t at = 0; at < port.bytes; at += 8) {
      const uint64_t bits = next();
      std::memcpy(port.data + at, &bits, port.bytes - at < 8 ? port.bytes - at : 8);
    }
    if (whole < port.bytes) port.data[whole] &= static_cast<uint8_t>((1u << (port.width % 8)) - 1);
    for (uint32_t at = whole + 1; at < port.bytes; at++) port.data[at] = 0;
  }

 private:
  uint64_t state_;
};

}  // namespace sterna
