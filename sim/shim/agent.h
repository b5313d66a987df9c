// A piece of the bench that talks to the design at one clock: a memory, a source, a sink.
#pragma once

#include <cstdint>

namespace sterna {

// The order in a cycle is fixed: every signal is settled, all agents `sample`, the clock rises,
// all agents `drive`. An agent therefore behaves as registers on the same clock would.
class Agent {
 public:
  virtual ~Agent() = default;
  // Reads the settled signals just before the rising edge number `cycle`.
  virtual void sample(uint64_t cycle) = 0;
  // Sets its outputs for the edge `cycle + 1`, knowing what happened at the edge `cycle`.
  virtual void drive(uint64_t cycle) = 0;
  // The design is in reset at this edge: drops what is under way and drives nothing.
  virtual void reset() = 0;
  // True when nothing is under way that the design still has to see.
  virtual bool idle() const = 0;
  // Beats that a sink holds for the script.
  virtual uint64_t available() const { return 0; }
};

}  // namespace sterna
