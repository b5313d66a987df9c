// One instance as the script sees it. The shared library and the child process run the same
// `call`; everything that an instance owns hangs here, so two of them share nothing.
#pragma once

#include <memory>
#include <string>

#include "bench.h"
#include "call.h"
#include "registry.h"

namespace sterna {

class Session {
 public:
  explicit Session(uint32_t seed) : bench_(seed), registry_(bench_) {}

  // The result, or -1 with `error` set. Results are never negative.
  double call(const Call& call);
  const std::string& error() const { return error_; }

 private:
  double dispatch(const Call& call);
  double state(const Call& call);
  double run(const Call& call);

  Bench bench_;
  Registry registry_;
  std::string error_;
  std::string fault_;
};

}  // namespace sterna
