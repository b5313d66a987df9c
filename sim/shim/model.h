// What the generated port table of one design offers to the rest of the shim.
//
// Only the generated file includes Verilator's class of the design. All other files see this
// interface and raw port storage, so they compile once per machine and not once per design.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace sterna {

enum class Direction : uint8_t { Input, Output };

// One port of the top module. `data` points at Verilator's own storage: 1, 2, 4 or 8 bytes, or
// little-endian 32-bit words for more than 64 bits, so `bytes` bytes can be copied as they are.
struct Port {
  const char* name;
  Direction direction;
  uint32_t width;
  uint32_t bytes;
  uint8_t* data;

  uint64_t get() const {
    switch (bytes) {
      case 1:
        return *data;
      case 2:
        return *reinterpret_cast<const uint16_t*>(data);
      case 4:
        return *reinterpret_cast<const uint32_t*>(data);
      default:
        return *reinterpret_cast<const uint64_t*>(data);
    }
  }

  void set(uint64_t value) const {
    switch (bytes) {
      case 1:
        *data = static_cast<uint8_t>(value);
        return;
      case 2:
        *reinterpret_cast<uint16_t*>(data) = static_cast<uint16_t>(value);
        return;
      case 4:
        *reinterpret_cast<uint32_t*>(data) = static_cast<uint32_t>(value);
        return;
      default:
        *reinterpret_cast<uint64_t*>(data) = value;
        return;
    }
  }
};

class Model {
 public:
  virtual ~Model() = default;
  virtual void eval() = 0;
  virtual bool finished() const = 0;
  virtual void time(uint64_t picoseconds) = 0;
  virtual bool traceOpen(const char* path) = 0;
  virtual void traceDump(uint64_t picoseconds) = 0;
  virtual void traceClose() = 0;
  virtual bool coverageWrite(const char* path) = 0;

  std::vector<Port> ports;
};

// Defined by the generated file. Registers without a reset value start as random bits of `seed`,
// or as zeros for seed 0, so that a missing reset does not hide behind a friendly zero.
std::unique_ptr<Model> newModel(uint32_t seed);

}  // namespace sterna
