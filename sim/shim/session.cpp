// Turns calls by number into calls on the bench; those on memories and streams go on to the
// registry.
#include "session.h"

#include <algorithm>

#include "operations.h"

namespace sterna {

namespace {

class PortIs : public Condition {
 public:
  PortIs(const Port& port, uint64_t value, bool equal)
      : port_(port), value_(value), equal_(equal) {}
  bool met() const override { return (port_.get() == value_) == equal_; }

 private:
  const Port& port_;
  uint64_t value_;
  bool equal_;
};

class HoldsBeats : public Condition {
 public:
  HoldsBeats(const Agent& agent, uint64_t beats) : agent_(agent), beats_(beats) {}
  bool met() const override { return agent_.available() >= beats_; }

 private:
  const Agent& agent_;
  uint64_t beats_;
};

class IsIdle : public Condition {
 public:
  explicit IsIdle(const Agent& agent) : agent_(agent) {}
  bool met() const override { return agent_.idle(); }

 private:
  const Agent& agent_;
};

double flag(bool value) {
  return value ? 1 : 0;
}

}  // namespace

double Session::call(const Call& request) {
  error_.clear();
  try {
    return dispatch(request);
  } catch (const std::exception& error) {
    error_ = error.what();
    return -1;
  }
}

double Session::dispatch(const Call& call) {
  switch (call.operation) {
    case kGet:
    case kGetNumber:
    case kTick:
    case kUntilPort:
    case kUntilAvailable:
    case kUntilIdle:
    case kTraceOpen:
    case kTraceClose: {
      // An exception inside an evaluation leaves the model half done, so the first one is final:
      // every later call that would evaluate answers with it again.
      if (!fault_.empty()) throw std::runtime_error(fault_);
      try {
        return run(call);
      } catch (const std::exception& error) {
        fault_ = error.what();
        throw;
      }
    }
    default:
      return call.operation >= kMemoryNew ? registry_.call(call) : state(call);
  }
}

// What neither evaluates the model nor lets time pass.
double Session::state(const Call& call) {
  switch (call.operation) {
    case kSet: {
      const Port& target = bench_.port(static_cast<uint32_t>(call.integer(0)));
      if (call.dataBytes != target.bytes)
        throw std::runtime_error("a port value has the wrong size");
      std::memcpy(target.data, call.data, target.bytes);
      bench_.touch();
      return 0;
    }
    case kSetNumber:
      bench_.port(static_cast<uint32_t>(call.integer(0))).set(call.integer(1));
      bench_.touch();
      return 0;
    case kClock:
      return static_cast<double>(bench_.addClock(static_cast<uint32_t>(call.integer(0)),
                                                 call.integer(1), call.integer(2)));
    case kReset:
      bench_.setReset(static_cast<uint32_t>(call.integer(0)), call.integer(1));
      return 0;
    case kCycle:
      return static_cast<double>(bench_.cycle());
    case kFinished:
      return flag(bench_.finished());
    case kOutput: {
      const std::string text = bench_.takeOutput();
      const uint64_t length = std::min<uint64_t>(text.size(), call.outBytes);
      std::memcpy(call.out, text.data() + text.size() - length, length);
      return static_cast<double>(length);
    }
    case kCoverageWrite:
      bench_.coverageWrite(call.text());
      return 0;
    default:
      call.unknown();
  }
}

double Session::run(const Call& call) {
  switch (call.operation) {
    case kGet: {
      const Port& source = bench_.port(static_cast<uint32_t>(call.integer(0)));
      bench_.settle();
      if (call.outBytes != source.bytes)
        throw std::runtime_error("a port value has the wrong size");
      std::memcpy(call.out, source.data, source.bytes);
      return static_cast<double>(source.bytes);
    }
    case kGetNumber: {
      const Port& source = bench_.port(static_cast<uint32_t>(call.integer(0)));
      bench_.settle();
      return static_cast<double>(source.get());
    }
    case kTick:
      return static_cast<double>(bench_.tick(call.integer(0)));
    case kUntilPort: {
      const Port& watched = bench_.port(static_cast<uint32_t>(call.integer(0)));
      return flag(
          bench_.until(PortIs(watched, call.integer(1), call.integer(2) != 0), call.integer(3)));
    }
    case kUntilAvailable:
      return flag(bench_.until(HoldsBeats(registry_.agent(call.integer(0)), call.integer(1)),
                               call.integer(2)));
    case kUntilIdle:
      return flag(bench_.until(IsIdle(registry_.agent(call.integer(0))), call.integer(1)));
    case kTraceOpen:
      bench_.traceOpen(call.text());
      return 0;
    case kTraceClose:
      bench_.traceClose();
      return 0;
    default:
      call.unknown();
  }
}

}  // namespace sterna
