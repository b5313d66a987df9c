// How long a memory takes for reads that nothing holds back: a master that always has the next
// address ready and takes every beat when it is due. The yardstick beside which a design is measured.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "timing.h"

namespace sterna {

class Probe {
 public:
  // The policy is used up: give it a fresh one.
  Probe(MemoryTiming& timing, uint32_t beatBytes, uint32_t outstanding)
      : timing_(timing), beatBytes_(beatBytes), outstanding_(outstanding) {}

  // Reads a burst behind the last one.
  void read(uint64_t address, uint32_t beats) {
    uint64_t accepted = accepted_ + 1;
    if (under_way_.size() == outstanding_) {
      accepted = std::max(accepted, take() + 1);
    }
    accepted_ = accepted;
    const Request request = {address, beats, beatBytes_, false, accepted};
    timing_.request(request);
    under_way_.push_back(request);
  }

  // Edges until the last beat was taken.
  uint64_t finish() {
    while (!under_way_.empty()) take();
    return edge_;
  }

 private:
  uint64_t take() {
    const Request request = under_way_.front();
    under_way_.pop_front();
    for (uint32_t i = 0; i < request.beats; i++) {
      edge_ = timing_.beat(request, i, std::max(edge_, request.accepted) + 1);
    }
    return edge_;
  }

  MemoryTiming& timing_;
  uint32_t beatBytes_;
  uint32_t outstanding_;
  std::deque<Request> under_way_;
  uint64_t accepted_ = 0;
  uint64_t edge_ = 0;
};

}  // namespace sterna
