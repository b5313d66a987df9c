// One running design: clocks, the agents around it, waveform and cycle count.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent.h"
#include "image.h"
#include "axi.h"
#include "model.h"

namespace sterna {

// What `Bench::until` waits for, checked with all signals settled just before each rising edge.
class Condition {
 public:
  virtual ~Condition() = default;
  virtual bool met() const = 0;
};

class Bench {
 public:
  explicit Bench(uint32_t seed);
  ~Bench();

  // Adds a clock on an input of one bit; the first one added counts the
  // cycles. Returns its number.
  uint32_t addClock(uint32_t port, uint64_t periodPs, uint64_t phasePs);
  void addAgent(uint32_t clock, std::unique_ptr<Agent> agent);

  // Names the reset: while it has the value `active` at an edge, agents are reset too.
  void setReset(uint32_t port, uint64_t active);

  // Runs until `cycles` rising edges of the first clock have passed, or $finish.
  uint64_t tick(uint64_t cycles);
  // Runs until the condition holds, at most `limit` cycles; returns whether it held.
  bool until(const Condition& condition, uint64_t limit);
  // Brings combinational outputs up to date after inputs changed.
  void settle();

  const Port& port(uint32_t index) const;
  uint64_t cycle() const { return cycle_; }
  bool finished() const { return model_->finished(); }
  void touch() { dirty_ = true; }

  // What the design printed since the last call.
  std::string takeOutput();

  void traceOpen(const std::string& path);
  void traceClose();
  void coverageWrite(const std::string& path);

 private:
  struct Clock {
    const Port* port;
    uint64_t halfPs;
    uint64_t next;
    bool high;
    uint64_t edges;
    std::vector<Agent*> agents;
  };

  uint64_t nextTime() const;
  bool inReset() const { return reset_ && reset_->get() == resetActive_; }
  bool mainRises(uint64_t time) const;
  void advance(uint64_t time);
  void eval();

  std::unique_ptr<Model> model_;
  std::vector<Clock> clocks_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::string output_;
  const Port* reset_ = nullptr;
  uint64_t resetActive_ = 1;
  uint64_t now_ = 0;
  uint64_t lastDump_ = 0;
  uint64_t cycle_ = 0;
  bool dirty_ = true;
  bool tracing_ = false;
};

}  // namespace sterna
