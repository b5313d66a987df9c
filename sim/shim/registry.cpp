// Attaches memories, streams and register ports to a bench and serves the calls on them. None of
// these calls lets time pass.
#include "registry.h"

#include <algorithm>

#include "dram.h"
#include "operations.h"
#include "probe.h"

namespace sterna {

double Registry::call(const Call& call) {
  if (call.operation >= kAxiLite) return registers(call);
  if (call.operation >= kSource) return streams(call);
  if (call.operation >= kAxiRead) return ports(call);
  return memories(call);
}

const Agent& Registry::agent(uint64_t index) const {
  if (index >= agents_.size())
    throw std::runtime_error("object " + std::to_string(index) + " does not exist");
  return *agents_[index];
}

AxiMemory& Registry::memory(const Call& call) {
  const uint64_t index = call.integer(0);
  if (index >= memories_.size())
    throw std::runtime_error("memory " + std::to_string(index) + " does not exist");
  return *memories_[index];
}

std::vector<const Port*> Registry::pins(const Call& call, uint32_t first) const {
  std::vector<const Port*> found;
  for (uint32_t at = first; at < call.count; at++) {
    const uint64_t index = call.integer(at);
    found.push_back(index == 0 ? nullptr : &bench_.port(static_cast<uint32_t>(index - 1)));
  }
  return found;
}

double Registry::add(const Call& call, std::unique_ptr<Agent> agent) {
  agents_.push_back(agent.get());
  bench_.addAgent(static_cast<uint32_t>(call.integer(1)), std::move(agent));
  return static_cast<double>(agents_.size() - 1);
}

// Argument 2 names the policy; each has its own arguments from 3 on.
std::unique_ptr<MemoryTiming> Registry::timing(const Call& call) {
  switch (call.integer(2)) {
    case 0:
      return std::unique_ptr<MemoryTiming>(
          new FixedTiming(call.integer(3), call.integer(4), call.integer(5)));
    case 1: {
      uint64_t fields[sizeof(DramParameters) / sizeof(uint64_t)];
      for (uint32_t at = 0; at < sizeof(fields) / sizeof(uint64_t); at++)
        fields[at] = call.integer(3 + at);
      DramParameters parameters;
      std::memcpy(&parameters, fields, sizeof(parameters));
      return std::unique_ptr<MemoryTiming>(new DramTiming(parameters));
    }
    default:
      throw std::runtime_error("memory timing " + std::to_string(call.integer(2)) +
                               " does not exist");
  }
}

// Arguments: bytes of a beat, bursts under way, beats of a burst, first address, beats in all. With
// data, bursts of their own at its addresses instead of one stretch.
uint64_t Registry::probe(const Call& call) {
  const std::unique_ptr<MemoryTiming> timing = memory(call).timing->fresh();
  const uint32_t beatBytes = static_cast<uint32_t>(call.integer(1));
  Probe probe(*timing, beatBytes, static_cast<uint32_t>(call.integer(2)));
  const uint64_t burst = call.integer(3);
  if (call.dataBytes > 0) {
    for (uint64_t at = 0; at + 8 <= call.dataBytes; at += 8) {
      uint64_t address = 0;
      std::memcpy(&address, call.data + at, 8);
      probe.read(address, static_cast<uint32_t>(burst));
    }
    return probe.finish();
  }
  const uint64_t first = call.integer(4);
  const uint64_t beats = call.integer(5);
  for (uint64_t at = 0; at < beats; at += burst)
    probe.read(first + at * beatBytes, static_cast<uint32_t>(std::min(burst, beats - at)));
  return probe.finish();
}

double Registry::memories(const Call& call) {
  switch (call.operation) {
    case kMemoryNew: {
      auto memory = std::make_shared<AxiMemory>();
      memory->image.reset(new Image(call.integer(0)));
      memory->base = call.integer(1);
      memory->timing = timing(call);
      memories_.push_back(std::move(memory));
      return static_cast<double>(memories_.size() - 1);
    }
    case kMemoryWrite:
      memory(call).image->write(call.integer(1), call.data, call.dataBytes);
      return 0;
    case kMemoryRead:
      memory(call).image->read(call.integer(1), call.out, call.outBytes);
      return static_cast<double>(call.outBytes);
    case kMemoryLoad:
      memory(call).image->load(call.integer(1), call.text(), call.integer(2), call.integer(3));
      return 0;
    case kMemoryError:
      memory(call).errors.push_back(
          {call.integer(1), call.integer(2), static_cast<uint8_t>(call.integer(3))});
      return 0;
    case kMemoryClearErrors:
      memory(call).errors.clear();
      return 0;
    case kMemoryProbe:
      return static_cast<double>(probe(call));
    default:
      call.unknown();
  }
}

double Registry::ports(const Call& call) {
  if (call.operation == kAxiStatistics) {
    const Agent* found = &agent(call.integer(0));
    const auto* reader = dynamic_cast<const AxiReadPort*>(found);
    const auto* writer = dynamic_cast<const AxiWritePort*>(found);
    if ((!reader && !writer) || call.outBytes != sizeof(AxiStats))
      throw std::runtime_error("no such counters");
    std::memcpy(call.out, reader ? &reader->stats : &writer->stats, sizeof(AxiStats));
    return sizeof(AxiStats);
  }
  memory(call);
  const std::shared_ptr<AxiMemory>& target = memories_[call.integer(0)];
  AxiPortOptions options;
  options.outstanding = static_cast<uint32_t>(call.integer(2));
  options.addressStall = static_cast<uint32_t>(call.integer(3));
  options.dataStall = static_cast<uint32_t>(call.integer(4));
  options.responseStall = static_cast<uint32_t>(call.integer(5));
  options.seed = call.integer(6);
  options.prefix = call.text();
  std::vector<const Port*> pin = pins(call, 7);
  pin.resize(16);
  const AddressPins address = {pin[0], pin[1], pin[2], pin[3], pin[4], pin[5], pin[6]};
  if (call.operation == kAxiRead) {
    const ReadPins read = {address, pin[7], pin[8], pin[9], pin[10], pin[11], pin[12]};
    return add(call, std::unique_ptr<Agent>(new AxiReadPort(target, read, options)));
  }
  if (call.operation == kAxiWrite) {
    const WritePins write = {address, pin[7],  pin[8],  pin[9],  pin[10],
                             pin[11], pin[12], pin[13], pin[14], pin[15]};
    return add(call, std::unique_ptr<Agent>(new AxiWritePort(target, write, options)));
  }
  call.unknown();
}

double Registry::streams(const Call& call) {
  switch (call.operation) {
    case kSource:
    case kSink: {
      // Argument 0 is the chance of a bubble or stall, 2 the seed, then valid, ready, payload.
      std::vector<const Port*> pin = pins(call, 3);
      if (pin.size() < 3) throw std::runtime_error("a stream needs valid, ready and payload");
      StreamPins stream = {pin[0], pin[1], {pin.begin() + 2, pin.end()}};
      const uint32_t chance = static_cast<uint32_t>(call.integer(0));
      if (call.operation == kSource) {
        return add(call, std::unique_ptr<Agent>(
                             new StreamSource(std::move(stream), chance, call.integer(2))));
      }
      return add(call, std::unique_ptr<Agent>(new StreamSink(std::move(stream), chance,
                                                             call.integer(2), call.text())));
    }
    case kSourcePush:
      object<StreamSource>(call).push(call.data, call.dataBytes);
      return 0;
    case kSinkTake: {
      StreamSink& sink = object<StreamSink>(call);
      return static_cast<double>(sink.take(call.outBytes / sink.beatBytes(), call.out));
    }
    case kSinkAvailable:
      return static_cast<double>(object<StreamSink>(call).available());
    default:
      call.unknown();
  }
}

double Registry::registers(const Call& call) {
  switch (call.operation) {
    case kAxiLite: {
      const std::vector<const Port*> pin = pins(call, 3);
      if (pin.size() != 17) throw std::runtime_error("a register port has 17 pins");
      AxiLitePins lite;
      const Port** const fields[] = {
          &lite.writeAddress,     &lite.writeAddressValid, &lite.writeAddressReady,
          &lite.writeData,        &lite.writeStrobe,       &lite.writeDataValid,
          &lite.writeDataReady,   &lite.answerValid,       &lite.answerReady,
          &lite.answer,           &lite.readAddress,       &lite.readAddressValid,
          &lite.readAddressReady, &lite.readData,          &lite.readDataValid,
          &lite.readDataReady,    &lite.readAnswer};
      for (size_t at = 0; at < 17; at++) *fields[at] = pin[at];
      const uint32_t stalls = static_cast<uint32_t>(call.integer(0));
      return add(call, std::unique_ptr<Agent>(new AxiLiteManager(lite, stalls, call.integer(2))));
    }
    case kAxiLiteWrite:
      object<AxiLiteManager>(call).startWrite(call.integer(1), call.data, call.dataBytes,
                                              call.integer(2));
      bench_.touch();
      return 0;
    case kAxiLiteRead:
      object<AxiLiteManager>(call).startRead(call.integer(1));
      bench_.touch();
      return 0;
    case kAxiLiteResult: {
      // Eight bytes of data, then eight of the response.
      const AxiLiteManager& manager = object<AxiLiteManager>(call);
      const uint64_t result[] = {manager.result(), manager.response()};
      if (call.outBytes != sizeof(result))
        throw std::runtime_error("a register result has 16 bytes");
      std::memcpy(call.out, result, sizeof(result));
      return sizeof(result);
    }
    default:
      call.unknown();
  }
}

}  // namespace sterna
