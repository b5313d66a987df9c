// The event loop. A time step with a rising edge is: settle, agents sample, clocks toggle, eval,
// agents drive. What the agents drive is evaluated with the falling edge, so a design on one
// clock costs two evaluations a cycle.
#include "bench.h"

#include <algorithm>

#include "output.h"

namespace sterna {

Bench::Bench(uint32_t seed) : model_(newModel(seed)) {
  settle();
}

Bench::~Bench() {
  if (tracing_) model_->traceClose();
}

const Port& Bench::port(uint32_t index) const {
  if (index >= model_->ports.size())
    throw std::runtime_error("port index " + std::to_string(index) + " does not exist");
  return model_->ports[index];
}

uint32_t Bench::addClock(uint32_t index, uint64_t periodPs, uint64_t phasePs) {
  const Port& clock = port(index);
  if (clock.width != 1 || clock.direction != Direction::Input) {
    throw std::runtime_error(std::string("port \"") + clock.name + "\" is not an input of one bit");
  }
  const uint64_t half = std::max<uint64_t>(periodPs / 2, 1);
  clock.set(0);
  dirty_ = true;
  clocks_.push_back({&clock, half, now_ + phasePs + half, false, 0, {}});
  return static_cast<uint32_t>(clocks_.size() - 1);
}

void Bench::setReset(uint32_t index, uint64_t active) {
  reset_ = &port(index);
  resetActive_ = active;
}

void Bench::addAgent(uint32_t clock, std::unique_ptr<Agent> agent) {
  if (clock >= clocks_.size()) throw std::runtime_error("no clock was set");
  clocks_[clock].agents.push_back(agent.get());
  agents_.push_back(std::move(agent));
  dirty_ = true;
}

void Bench::eval() {
  currentOutput = &output_;
  model_->time(now_);
  model_->eval();
  currentOutput = nullptr;
  dirty_ = false;
  if (!tracing_) return;
  // A second evaluation between two edges needs a time of its own: a waveform holds one value each.
  lastDump_ = std::max(now_, lastDump_ + 1);
  model_->traceDump(lastDump_);
}

void Bench::settle() {
  if (dirty_) eval();
}

uint64_t Bench::nextTime() const {
  if (clocks_.empty()) throw std::runtime_error("no clock was set");
  uint64_t time = clocks_[0].next;
  for (const Clock& clock : clocks_) time = std::min(time, clock.next);
  return time;
}

bool Bench::mainRises(uint64_t time) const {
  return clocks_[0].next == time && !clocks_[0].high;
}

void Bench::advance(uint64_t time) {
  const bool reset = inReset();
  bool rises = false;
  for (const Clock& clock : clocks_) rises |= clock.next == time && !clock.high;
  if (rises) settle();
  if (rises && !reset) {
    for (Clock& clock : clocks_) {
      if (clock.next != time || clock.high) continue;
      for (Agent* agent : clock.agents) agent->sample(clock.edges);
    }
  }
  now_ = time;
  for (Clock& clock : clocks_) {
    if (clock.next == time) clock.port->set(clock.high ? 0 : 1);
  }
  eval();
  for (Clock& clock : clocks_) {
    if (clock.next != time) continue;
    clock.next += clock.halfPs;
    clock.high = !clock.high;
    if (!clock.high) continue;
    for (Agent* agent : clock.agents) {
      if (reset) {
        agent->reset();
      } else {
        agent->drive(clock.edges);
      }
    }
    clock.edges++;
    if (!clock.agents.empty()) dirty_ = true;
  }
  cycle_ = clocks_[0].edges;
}

uint64_t Bench::tick(uint64_t cycles) {
  const uint64_t start = cycle_;
  while (cycle_ - start < cycles && !model_->finished()) advance(nextTime());
  return cycle_ - start;
}

bool Bench::until(const Condition& condition, uint64_t limit) {
  const uint64_t start = cycle_;
  for (;;) {
    uint64_t time = nextTime();
    while (!mainRises(time)) {
      advance(time);
      time = nextTime();
    }
    settle();
    if (condition.met()) return true;
    if (cycle_ - start >= limit || model_->finished()) return false;
    advance(time);
  }
}

std::string Bench::takeOutput() {
  std::string text;
  text.swap(output_);
  return text;
}

void Bench::traceOpen(const std::string& path) {
  traceClose();
  if (!model_->traceOpen(path.c_str()))
    throw std::runtime_error("the design was built without trace");
  tracing_ = true;
  dirty_ = true;
}

void Bench::traceClose() {
  if (!tracing_) return;
  settle();
  model_->traceClose();
  tracing_ = false;
}

void Bench::coverageWrite(const std::string& path) {
  if (!model_->coverageWrite(path.c_str()))
    throw std::runtime_error("the design was built without coverage");
}

}  // namespace sterna
