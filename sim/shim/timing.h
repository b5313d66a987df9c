// When a memory answers. A policy knows nothing of AXI; the ports know nothing of rows or refresh.
//
// A port calls `request` once when a burst is accepted (a controller may look ahead from there)
// and `beat` once for each beat, in the order of service. Read and write ports on one memory
// share one policy object, as they share one bus behind the controller.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

namespace sterna {

struct Request {
  uint64_t address;  // bytes, as on the bus
  uint32_t beats;
  uint32_t beatBytes;
  bool write;
  uint64_t accepted;  // cycle of the address handshake
};

class MemoryTiming {
 public:
  virtual ~MemoryTiming() = default;
  virtual void request(const Request&) {}
  // The earliest edge >= `now` at which beat `index` of the burst may be on the bus.
  virtual uint64_t beat(const Request& request, uint32_t index, uint64_t now) = 0;
  // Edges by which the beat that was asked for last is later than it would be without refreshes.
  virtual uint64_t heldByRefresh() const { return 0; }
  // The earliest edge >= `now` at which a burst whose last beat was written at `now` - 1 may be
  // acknowledged.
  virtual uint64_t acknowledge(const Request& request, uint64_t now) = 0;
  // Forgets requests under way: the design is in reset.
  virtual void reset() {}
  // The same memory at its start.
  virtual std::unique_ptr<MemoryTiming> fresh() const = 0;
};

// An ideal memory: a constant latency and at most `beats` beats in every `cycles` cycles.
class FixedTiming : public MemoryTiming {
 public:
  FixedTiming(uint64_t latency, uint64_t beats, uint64_t cycles)
      : latency_(latency), beats_(beats), cycles_(cycles) {}

  uint64_t beat(const Request& request, uint32_t, uint64_t now) override {
    const uint64_t ready = std::max(now, request.write ? now : request.accepted + latency_);
    if (beats_ == cycles_) return ready;
    // Slots in units of 1 / beats_ cycle: the fraction survives, so 3 of 4 means 3 of 4 for long.
    const uint64_t slot = std::max(slot_, (ready - 1) * beats_ + 1);
    slot_ = slot + cycles_;
    return (slot + beats_ - 1) / beats_;
  }

  uint64_t acknowledge(const Request&, uint64_t now) override { return now + latency_ - 1; }

  std::unique_ptr<MemoryTiming> fresh() const override {
    return std::unique_ptr<MemoryTiming>(new FixedTiming(latency_, beats_, cycles_));
  }

 private:
  uint64_t latency_;
  uint64_t beats_;
  uint64_t cycles_;
  uint64_t slot_ = 0;
};

}  // namespace sterna
