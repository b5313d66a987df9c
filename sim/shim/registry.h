// The memories and agents that the script handed out numbers for, and the calls on them.
#pragma once

#include <memory>
#include <vector>

#include "axi_lite.h"
#include "axi_read.h"
#include "axi_write.h"
#include "bench.h"
#include "call.h"
#include "stream.h"

namespace sterna {

class Registry {
 public:
  explicit Registry(Bench& bench) : bench_(bench) {}

  // Serves the calls from kMemoryNew on.
  double call(const Call& call);
  const Agent& agent(uint64_t index) const;

 private:
  double memories(const Call& call);
  double ports(const Call& call);
  double streams(const Call& call);
  double registers(const Call& call);

  double add(const Call& call, std::unique_ptr<Agent> agent);
  // Ports numbered from argument `first` on; 0 stands for a pin that the design does not have.
  std::vector<const Port*> pins(const Call& call, uint32_t first) const;
  AxiMemory& memory(const Call& call);
  static std::unique_ptr<MemoryTiming> timing(const Call& call);
  uint64_t probe(const Call& call);

  template <typename Kind>
  Kind& object(const Call& call) {
    Kind* found = dynamic_cast<Kind*>(const_cast<Agent*>(&agent(call.integer(0))));
    if (!found)
      throw std::runtime_error("object " + std::to_string(call.integer(0)) + " is of another kind");
    return *found;
  }

  Bench& bench_;
  std::vector<std::shared_ptr<AxiMemory>> memories_;
  std::vector<Agent*> agents_;
};

}  // namespace sterna
