// What the read and the write side of an AXI4 memory share: options, counters and the rules of
// the protocol that a master can break.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent.h"
#include "image.h"
#include "model.h"
#include "random.h"
#include "timing.h"

namespace sterna {

enum AxiResponse : uint8_t { kOkay = 0, kSlaveError = 2, kDecodeError = 3 };

// An address range that answers with an error although it holds bytes.
struct ErrorRange {
  uint64_t start;
  uint64_t length;
  uint8_t response;
};

// One memory: bytes, when it answers, and where it refuses. Ports on it share all three.
struct AxiMemory {
  std::shared_ptr<Image> image;
  std::unique_ptr<MemoryTiming> timing;
  uint64_t base = 0;
  std::vector<ErrorRange> errors;

  // Offset into the image and response for `length` bytes at a bus address.
  uint8_t locate(uint64_t address, uint32_t length, uint64_t* offset) const {
    for (const ErrorRange& range : errors) {
      if (address < range.start + range.length && range.start < address + length)
        return range.response;
    }
    if (address < base || !image->holds(address - base, length)) return kDecodeError;
    *offset = address - base;
    return kOkay;
  }
};

struct AxiPortOptions {
  std::string prefix;
  uint32_t outstanding = 16;
  uint32_t addressStall = 0;   // per 65536 cycles: AR or AW not ready
  uint32_t dataStall = 0;      // R not valid although due, or W not ready
  uint32_t responseStall = 0;  // B not valid although due
  uint64_t seed = 1;
};

// Counted at every edge of the clock, for one direction of one port.
struct AxiStats {
  uint64_t bursts = 0;
  uint64_t beats = 0;
  uint64_t bytes = 0;
  uint64_t addressStalls = 0;  // address valid, memory not ready
  uint64_t memoryStalls = 0;   // a burst is under way, the memory holds the data channel
  uint64_t refreshStalls = 0;  // those of them that there would not be without refreshes
  uint64_t masterStalls = 0;   // a burst is under way, the design holds the data channel
  uint64_t idleCycles = 0;     // no burst under way
  uint64_t decodeErrors = 0;   // beats outside the image
  uint64_t slaveErrors = 0;    // beats in an error range
};

struct Burst {
  Request request;
  uint32_t size;  // log2 of the bytes of a beat
  uint64_t id;

  // Start of the bytes of one beat: only the first may be unaligned, and lanes follow the address.
  uint64_t beatAddress(uint32_t index) const {
    return index == 0 ? request.address : ((request.address >> size) + index) << size;
  }
};

// The address channel, the same on AR and AW. Optional pins are null and take AXI4-Lite's meaning.
struct AddressPins {
  const Port* address = nullptr;
  const Port* valid = nullptr;
  const Port* ready = nullptr;
  const Port* length = nullptr;
  const Port* size = nullptr;
  const Port* burst = nullptr;
  const Port* id = nullptr;
};

class AddressChannel {
 public:
  AddressChannel(const AddressPins& pins, uint32_t busBytes, std::string name)
      : pins_(pins), busBytes_(busBytes), name_(std::move(name)) {
    while ((1u << fullSize_) < busBytes_) fullSize_++;
    pins_.ready->set(0);
  }

  // True when the handshake happens at this edge. Throws on a burst that AXI4 forbids.
  bool sample(uint64_t cycle, bool write, Burst* burst, AxiStats* stats) {
    const bool valid = pins_.valid->get() != 0;
    if (held_ && (!valid || !same(heldBurst_, read(cycle, write)))) {
      violation(cycle, "it dropped or changed its address before the handshake");
    }
    held_ = false;
    if (!valid) return false;
    const Burst now = read(cycle, write);
    if (pins_.ready->get() == 0) {
      stats->addressStalls++;
      held_ = true;
      heldBurst_ = now;
      return false;
    }
    check(cycle, now);
    *burst = now;
    return true;
  }

  void reset() {
    held_ = false;
    ready(false);
  }

  void ready(bool value) { pins_.ready->set(value ? 1 : 0); }

  [[noreturn]] void violation(uint64_t cycle, const std::string& what) const {
    throw std::runtime_error("AXI rule broken on \"" + name_ + "\" at cycle " +
                             std::to_string(cycle) + ": " + what);
  }

 private:
  Burst read(uint64_t cycle, bool write) const {
    Burst burst;
    burst.size = pins_.size ? static_cast<uint32_t>(pins_.size->get()) : fullSize_;
    burst.id = pins_.id ? pins_.id->get() : 0;
    burst.request.address = pins_.address->get();
    burst.request.beats = pins_.length ? static_cast<uint32_t>(pins_.length->get()) + 1 : 1;
    burst.request.beatBytes = 1u << (burst.size & 7);
    burst.request.write = write;
    burst.request.accepted = cycle;
    return burst;
  }

  static bool same(const Burst& a, const Burst& b) {
    return a.request.address == b.request.address && a.request.beats == b.request.beats &&
           a.size == b.size && a.id == b.id;
  }

  void check(uint64_t cycle, const Burst& burst) const {
    if (burst.size > fullSize_)
      violation(cycle,
                "beats of 2^" + std::to_string(burst.size) + " bytes are wider than the bus");
    if (pins_.burst && pins_.burst->get() != 1 && burst.request.beats > 1) {
      violation(cycle, "only INCR bursts are served, burst type was " +
                           std::to_string(pins_.burst->get()));
    }
    if (burst.request.beats > 256) violation(cycle, "a burst has at most 256 beats");
    const uint64_t first = burst.request.address >> 12;
    const uint64_t last = burst.beatAddress(burst.request.beats - 1) + burst.request.beatBytes - 1;
    if (burst.request.beats > 1 && (last >> 12) != first) {
      violation(cycle, "a burst of " + std::to_string(burst.request.beats) + " beats at address " +
                           std::to_string(burst.request.address) + " crosses a 4 KiB boundary");
    }
  }

  AddressPins pins_;
  uint32_t busBytes_;
  uint32_t fullSize_ = 0;
  std::string name_;
  bool held_ = false;
  Burst heldBurst_{};
};

}  // namespace sterna
