// DRAM as a timing policy: one or several channels (dram_channel.h), each with a controller.
//
// Time of the channels is in clocks of the DRAM (ticks) and translated from and to edges of the bus. A
// read is scheduled when its address is accepted, access by access. Channels take stretches of
// `interleave` accesses in turn. Answers are in order, so that a beat is there when it and all before
// it are; what refresh alone adds to that is known beside it. Writes are posted: their columns are
// scheduled as their data arrives, and `lookahead` accesses are buffered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

#include "dram_channel.h"
#include "timing.h"

namespace sterna {

class DramTiming : public MemoryTiming {
 public:
  explicit DramTiming(const DramParameters& parameters) : p_(parameters) {
    if (!p_.busRate || !p_.dramRate || !p_.accessBytes || !p_.groups || !p_.banks || !p_.columns ||
        !p_.lookahead || !p_.refi || !p_.together || !p_.channels || !p_.interleave)
      throw std::runtime_error("a DRAM has no parameter that is 0");
    channels_.assign(p_.channels, DramChannel(p_));
  }

  std::unique_ptr<MemoryTiming> fresh() const override {
    return std::unique_ptr<MemoryTiming>(new DramTiming(p_));
  }

  void reset() override { pending_.clear(); }

  void request(const Request& request) override {
    if (!request.write) schedule(request);
  }

  uint64_t beat(const Request& request, uint32_t index, uint64_t now) override {
    const uint64_t start = index == 0 ? request.address
                                      : (request.address / request.beatBytes + index) *
                                            request.beatBytes;
    const uint64_t end = (start / request.beatBytes + 1) * request.beatBytes;
    if (request.write) return std::max(now, write(request, index, end, now));
    auto found = pending_.begin();
    while (found != pending_.end() && !same(found->request, request)) ++found;
    if (found == pending_.end()) {  // dropped by a reset of another port
      schedule(request);
      found = pending_.end() - 1;
    }
    const uint64_t access = (end - 1) / p_.accessBytes - request.address / p_.accessBytes;
    const DramAccess at = found->accesses[access];
    const uint64_t edge = std::max(now, edgeOf(at.done + p_.path));
    held_ = edge - std::max(now, edgeOf(at.bare + p_.path));
    if (index + 1 == request.beats) pending_.erase(found);
    return edge;
  }

  uint64_t heldByRefresh() const override { return held_; }

  uint64_t acknowledge(const Request&, uint64_t now) override {
    return now + edgeOf(p_.path);
  }

 private:
  struct Pending {
    Request request;
    std::vector<DramAccess> accesses;  // of each and all before it
  };

  static bool same(const Request& a, const Request& b) {
    return a.address == b.address && a.accepted == b.accepted && a.beats == b.beats;
  }

  uint64_t tickOf(uint64_t edge) const {
    return (edge * p_.dramRate + p_.busRate - 1) / p_.busRate;
  }
  uint64_t edgeOf(uint64_t tick) const {
    return (tick * p_.busRate + p_.dramRate - 1) / p_.dramRate;
  }

  void schedule(const Request& request) {
    const uint64_t first = request.address / p_.accessBytes;
    const uint64_t end =
        (request.address / request.beatBytes + request.beats) * request.beatBytes;
    const uint64_t arrived = tickOf(request.accepted);
    Pending entry = {request, {}};
    for (uint64_t at = first; at * p_.accessBytes < end; at++) {
      DramAccess next = access(at, false, arrived);
      if (at > first) {
        next.done = std::max(next.done, entry.accesses.back().done);
        next.bare = std::max(next.bare, entry.accesses.back().bare);
      }
      entry.accesses.push_back(next);
    }
    pending_.push_back(std::move(entry));
  }

  // Schedules an access when its data is complete; the edge at which its last beat is taken.
  uint64_t write(const Request& request, uint32_t index, uint64_t end, uint64_t now) {
    if (end % p_.accessBytes != 0 && index + 1 != request.beats) return now;
    const uint64_t span = std::max<uint64_t>(1, request.beatBytes / p_.accessBytes);
    uint64_t room = 0;
    for (uint64_t at = 0; at < span; at++) {
      const uint64_t which = (end - 1) / p_.accessBytes - (span - 1 - at);
      uint64_t& slot = channels_[which / p_.interleave % p_.channels].room();
      room = std::max(room, edgeOf(slot));
      slot = access(which, true, tickOf(now)).done;
    }
    return room;
  }

  DramAccess access(uint64_t index, bool write, uint64_t arrived) {
    const uint64_t stretch = index / p_.interleave;
    const uint64_t local = stretch / p_.channels * p_.interleave + index % p_.interleave;
    return channels_[stretch % p_.channels].access(local, write, arrived);
  }

  DramParameters p_;
  std::vector<DramChannel> channels_;
  std::deque<Pending> pending_;
  uint64_t held_ = 0;
};

}  // namespace sterna
