// One instance as the script sees it: a bench, the objects it handed out by number, and the call
// that reaches them. The shared library and the child process run the same `call`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "axi_read.h"
#include "axi_write.h"
#include "bench.h"

namespace sterna {

// Arguments are numbers (exact up to 2^53), `data` goes in, `out` comes back.
struct Call {
  int operation;
  const double* arguments;
  uint32_t count;
  const uint8_t* data;
  uint64_t dataBytes;
  uint8_t* out;
  uint64_t outBytes;

  uint64_t integer(uint32_t index) const;
  std::string text() const { return std::string(reinterpret_cast<const char*>(data), dataBytes); }
};

class Session {
 public:
  explicit Session(uint32_t seed) : bench_(new Bench(seed)) {}

  // The result, or -1 with `error` set. Results are never negative.
  double call(const Call& call);
  double tick(uint64_t cycles);
  const std::string& error() const { return error_; }

 private:
  double dispatch(const Call& call);
  double runs(const Call& call);
  double memories(const Call& call);
  const Port& port(const Call& call, uint32_t argument) const;
  const Port* optionalPort(const Call& call, uint32_t argument) const;
  AxiMemory& memory(uint64_t index);

  std::unique_ptr<Bench> bench_;
  std::vector<std::shared_ptr<AxiMemory>> memories_;
  std::vector<AxiStats*> stats_;
  std::string error_;
  std::string fault_;
};

}  // namespace sterna
