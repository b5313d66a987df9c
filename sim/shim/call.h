// One call from the script, as it arrives by FFI or through a pipe.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace sterna {

// Arguments are numbers (exact up to 2^53, none negative), `data` goes in, `out` comes back.
struct Call {
  int operation;
  const double* arguments;
  uint32_t count;
  const uint8_t* data;
  uint64_t dataBytes;
  uint8_t* out;
  uint64_t outBytes;

  uint64_t integer(uint32_t index) const {
    if (index >= count || !(arguments[index] >= 0)) {
      throw std::runtime_error("argument " + std::to_string(index) + " of call " +
                               std::to_string(operation) + " is missing or negative");
    }
    return static_cast<uint64_t>(arguments[index]);
  }

  std::string text() const { return std::string(reinterpret_cast<const char*>(data), dataBytes); }

  [[noreturn]] void unknown() const {
    throw std::runtime_error("call " + std::to_string(operation) + " does not exist");
  }
};

}  // namespace sterna
