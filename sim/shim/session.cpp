// Turns calls by number into calls on the bench and its agents.
#include "session.h"

#include "operations.h"

namespace sterna {

namespace {

class PortIs : public Condition {
 public:
  PortIs(const Port& port, uint64_t value, bool equal) : port_(port), value_(value), equal_(equal) {}
  bool met() const override { return (port_.get() == value_) == equal_; }

 private:
  const Port& port_;
  uint64_t value_;
  bool equal_;
};

}  // namespace

uint64_t Call::integer(uint32_t index) const {
  if (index >= count || !(arguments[index] >= 0)) {
    throw std::runtime_error("argument " + std::to_string(index) + " of call " + std::to_string(operation) +
                             " is missing or negative");
  }
  return static_cast<uint64_t>(arguments[index]);
}

double Session::call(const Call& request) {
  error_.clear();
  try {
    return dispatch(request);
  } catch (const std::exception& error) {
    error_ = error.what();
    return -1;
  }
}

double Session::tick(uint64_t cycles) {
  const double argument = static_cast<double>(cycles);
  return call({kTick, &argument, 1, nullptr, 0, nullptr, 0});
}

const Port& Session::port(const Call& call, uint32_t argument) const {
  return bench_->port(static_cast<uint32_t>(call.integer(argument)));
}

// Port numbers travel plus one, so that 0 says "the design has no such pin".
const Port* Session::optionalPort(const Call& call, uint32_t argument) const {
  const uint64_t index = call.integer(argument);
  return index == 0 ? nullptr : &bench_->port(static_cast<uint32_t>(index - 1));
}

AxiMemory& Session::memory(uint64_t index) {
  if (index >= memories_.size()) throw std::runtime_error("memory " + std::to_string(index) + " does not exist");
  return *memories_[index];
}

double Session::dispatch(const Call& call) {
  switch (call.operation) {
    case kSet: {
      const Port& target = port(call, 0);
      if (call.dataBytes != target.bytes) throw std::runtime_error("a port value has the wrong size");
      std::memcpy(target.data, call.data, target.bytes);
      bench_->touch();
      return 0;
    }
    case kSetNumber:
      port(call, 0).set(call.integer(1));
      bench_->touch();
      return 0;
    case kCycle:
      return static_cast<double>(bench_->cycle());
    case kFinished:
      return bench_->finished() ? 1 : 0;
    case kOutput: {
      const std::string text = bench_->takeOutput();
      const uint64_t length = std::min<uint64_t>(text.size(), call.outBytes);
      std::memcpy(call.out, text.data() + text.size() - length, length);
      return static_cast<double>(length);
    }
    case kClock:
      bench_->addClock(static_cast<uint32_t>(call.integer(0)), call.integer(1), call.integer(2));
      return 0;
    case kCoverageWrite:
      bench_->coverageWrite(call.text());
      return 0;
    default:
      return call.operation >= kMemoryNew ? memories(call) : runs(call);
  }
}

// Everything that evaluates the model. An exception inside an evaluation leaves it half done, so
// the first one is final: every later call that would run answers with it again.
double Session::runs(const Call& call) {
  if (!fault_.empty()) throw std::runtime_error(fault_);
  try {
    switch (call.operation) {
      case kGet: {
        const Port& source = port(call, 0);
        bench_->settle();
        if (call.outBytes != source.bytes) throw std::runtime_error("a port value has the wrong size");
        std::memcpy(call.out, source.data, source.bytes);
        return static_cast<double>(source.bytes);
      }
      case kGetNumber: {
        const Port& source = port(call, 0);
        bench_->settle();
        return static_cast<double>(source.get());
      }
      case kTick:
        return static_cast<double>(bench_->tick(call.integer(0)));
      case kUntilPort:
        return bench_->until(PortIs(port(call, 0), call.integer(1), call.integer(2) != 0), call.integer(3)) ? 1 : 0;
      case kTraceOpen:
        bench_->traceOpen(call.text());
        return 0;
      case kTraceClose:
        bench_->traceClose();
        return 0;
      default:
        throw std::runtime_error("call " + std::to_string(call.operation) + " does not exist");
    }
  } catch (const std::exception& error) {
    fault_ = error.what();
    throw;
  }
}

double Session::memories(const Call& call) {
  switch (call.operation) {
    case kMemoryNew: {
      auto memory = std::make_shared<AxiMemory>();
      memory->image = std::make_shared<Image>(call.integer(0));
      memory->base = call.integer(1);
      memory->timing.reset(new FixedTiming(call.integer(2), call.integer(3), call.integer(4)));
      memories_.push_back(memory);
      return static_cast<double>(memories_.size() - 1);
    }
    case kMemoryWrite:
      memory(call.integer(0)).image->write(call.integer(1), call.data, call.dataBytes);
      return 0;
    case kMemoryRead:
      memory(call.integer(0)).image->read(call.integer(1), call.out, call.outBytes);
      return static_cast<double>(call.outBytes);
    case kMemoryLoad:
      memory(call.integer(0)).image->load(call.integer(1), call.text(), call.integer(2), call.integer(3));
      return 0;
    case kMemoryError:
      memory(call.integer(0)).errors.push_back(
          {call.integer(1), call.integer(2), static_cast<uint8_t>(call.integer(3))});
      return 0;
    case kMemoryClearErrors:
      memory(call.integer(0)).errors.clear();
      return 0;
    case kAxiRead:
    case kAxiWrite: {
      memory(call.integer(0));
      const std::shared_ptr<AxiMemory>& target = memories_[call.integer(0)];
      AxiPortOptions options;
      options.outstanding = static_cast<uint32_t>(call.integer(2));
      options.addressStall = static_cast<uint32_t>(call.integer(3));
      options.dataStall = static_cast<uint32_t>(call.integer(4));
      options.responseStall = static_cast<uint32_t>(call.integer(5));
      options.seed = call.integer(6);
      options.prefix = call.text();
      const AddressPins address = {optionalPort(call, 7), optionalPort(call, 8), optionalPort(call, 9),
                                   optionalPort(call, 10), optionalPort(call, 11), optionalPort(call, 12),
                                   optionalPort(call, 13)};
      const uint32_t clock = static_cast<uint32_t>(call.integer(1));
      if (call.operation == kAxiRead) {
        const ReadPins pins = {address, optionalPort(call, 14), optionalPort(call, 15), optionalPort(call, 16),
                               optionalPort(call, 17), optionalPort(call, 18), optionalPort(call, 19)};
        std::unique_ptr<AxiReadPort> agent(new AxiReadPort(target, pins, options));
        stats_.push_back(&agent->stats);
        bench_->addAgent(clock, std::move(agent));
      } else {
        const WritePins pins = {address, optionalPort(call, 14), optionalPort(call, 15), optionalPort(call, 16),
                                optionalPort(call, 17), optionalPort(call, 18), optionalPort(call, 19),
                                optionalPort(call, 20), optionalPort(call, 21), optionalPort(call, 22)};
        std::unique_ptr<AxiWritePort> agent(new AxiWritePort(target, pins, options));
        stats_.push_back(&agent->stats);
        bench_->addAgent(clock, std::move(agent));
      }
      return static_cast<double>(stats_.size() - 1);
    }
    case kAxiStats: {
      const uint64_t index = call.integer(0);
      if (index >= stats_.size() || call.outBytes != sizeof(AxiStats)) throw std::runtime_error("no such counters");
      std::memcpy(call.out, stats_[index], sizeof(AxiStats));
      return sizeof(AxiStats);
    }
    default:
      throw std::runtime_error("call " + std::to_string(call.operation) + " does not exist");
  }
}

}  // namespace sterna
