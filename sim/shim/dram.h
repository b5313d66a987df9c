// A DRAM channel behind a controller, as a timing policy: banks with open rows, bank groups, refresh,
// and a queue of requests whose rows are opened ahead of their turn.
//
// Time is counted in clocks of the DRAM (ticks) and translated from and to edges of the bus. A read is
// scheduled when its address is accepted, access by access (an access is one burst of the DRAM), in the
// order of the requests; its precharge and activate may be as early as its bank and the depth of the
// queue allow, while columns of earlier accesses are still to come. Addresses, from the lowest bits:
//
//     byte of an access | bank group | column | bank of the group | row
//
// so that a sequential read takes bank groups in turn and finds the next row in another bank.
// Refresh is due every tREFI, `together` at a time (the standards let a controller postpone up to 8):
// all banks are precharged, tRFC passes for each, rows are opened again. Writes are posted: their
// columns are scheduled as their data arrives, and `lookahead` accesses are buffered.
//
// Left out: contention on the command bus, ranks, power states, ZQ calibration, the bounds of rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <stdexcept>
#include <vector>

#include "timing.h"

namespace sterna {

// Ticks unless said otherwise; sim/dram.ts fills it in this order.
struct DramParameters {
  uint64_t busRate;   // edges of the bus a millisecond
  uint64_t dramRate;  // ticks a millisecond
  uint64_t accessBytes;
  uint64_t burst;  // data bus busy for an access
  uint64_t groups;
  uint64_t banks;    // of a group
  uint64_t columns;  // accesses of a row
  uint64_t readLatency, writeLatency;
  uint64_t rcd, rp, ras, rc;
  uint64_t rrdShort, rrdLong, faw;
  uint64_t ccdShort, ccdLong;
  uint64_t readToPrecharge, writeRecovery, writeToRead;
  uint64_t rfc, refi, together;
  uint64_t lookahead;  // accesses
  uint64_t path;       // through controller and pins, both ways
};

class DramTiming : public MemoryTiming {
 public:
  explicit DramTiming(const DramParameters& parameters)
      : p_(parameters),
        banks_(p_.groups * p_.banks),
        groupColumn_(p_.groups, 0),
        groupActivate_(p_.groups, 0),
        columns_(p_.lookahead, 0),
        writes_(p_.lookahead, 0),
        due_(p_.refi * p_.together) {
    if (!p_.busRate || !p_.dramRate || !p_.accessBytes || banks_.empty() || !p_.columns ||
        !p_.lookahead || !due_)
      throw std::runtime_error("a DRAM has no parameter that is 0");
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
    const uint64_t edge = edgeOf(found->done[access] + p_.path);
    if (index + 1 == request.beats) pending_.erase(found);
    return std::max(now, edge);
  }

  uint64_t acknowledge(const Request&, uint64_t now) override {
    return now + edgeOf(p_.path);
  }

 private:
  struct Bank {
    bool open = false;
    uint64_t row = 0;
    uint64_t activated = 0;
    uint64_t columnFrom = 0;     // earliest column command to the open row
    uint64_t prechargeFrom = 0;  // earliest precharge of the open row
    uint64_t activateFrom = 0;   // earliest activate
  };

  struct Pending {
    Request request;
    std::vector<uint64_t> done;  // last data on the pins, by access
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
    for (uint64_t at = first; at * p_.accessBytes < end; at++)
      entry.done.push_back(access(at, false, arrived));
    pending_.push_back(std::move(entry));
  }

  // Schedules an access when its data is complete; the edge at which its last beat is taken.
  uint64_t write(const Request& request, uint32_t index, uint64_t end, uint64_t now) {
    if (end % p_.accessBytes != 0 && index + 1 != request.beats) return now;
    uint64_t& slot = writes_[writesDone_++ % p_.lookahead];
    const uint64_t room = edgeOf(slot);
    const uint64_t span = std::max<uint64_t>(1, request.beatBytes / p_.accessBytes);
    for (uint64_t at = 0; at < span; at++)
      slot = access((end - 1) / p_.accessBytes - (span - 1 - at), true, tickOf(now));
    return room;
  }

  void refresh() {
    uint64_t start = due_;
    bool open = false;
    for (const Bank& bank : banks_) {
      if (bank.open) start = std::max(start, bank.prechargeFrom);
      else start = std::max(start, bank.activateFrom);
      open = open || bank.open;
    }
    const uint64_t end = start + (open ? p_.rp : 0) + p_.rfc * p_.together;
    for (Bank& bank : banks_) {
      bank.open = false;
      bank.activateFrom = end;
    }
    due_ += p_.refi * p_.together;
  }

  // The tick after the last data of the access.
  uint64_t access(uint64_t index, bool write, uint64_t arrived) {
    const uint64_t group = index % p_.groups;
    const uint64_t line = index / p_.groups / p_.columns;
    Bank& bank = banks_[group * p_.banks + line % p_.banks];
    const uint64_t row = line / p_.banks;
    uint64_t& ahead = columns_[accesses_++ % p_.lookahead];
    const uint64_t from = std::max(arrived, ahead);
    while (due_ <= std::max(from, lastColumn_)) refresh();
    uint64_t activate = 0;
    uint64_t column = 0;
    for (;;) {
      const bool hit = bank.open && bank.row == row;
      uint64_t ready = bank.columnFrom;
      if (!hit) {
        activate = bank.open ? std::max(from, bank.prechargeFrom) + p_.rp : from;
        activate = std::max(activate, bank.open ? bank.activated + p_.rc : bank.activateFrom);
        if (activates_ > 0) {
          activate = std::max(activate, lastActivate_ + p_.rrdShort);
          activate = std::max(activate, groupActivate_[group] + p_.rrdLong);
        }
        if (activates_ >= 4) activate = std::max(activate, four_[activates_ % 4] + p_.faw);
        ready = activate + p_.rcd;
      }
      column = std::max({from, ready, dataFrom(write)});
      if (accesses_ > 1) {
        column = std::max(column, lastColumn_ + p_.ccdShort);
        if (groupColumn_[group] > 0) column = std::max(column, groupColumn_[group] + p_.ccdLong);
      }
      if (column < due_) {
        if (!hit) open(bank, group, row, activate);
        break;
      }
      refresh();
    }
    const uint64_t done = column + (write ? p_.writeLatency : p_.readLatency) + p_.burst;
    bank.prechargeFrom =
        std::max(bank.prechargeFrom, write ? done + p_.writeRecovery : column + p_.readToPrecharge);
    lastColumn_ = groupColumn_[group] = ahead = column;
    lastWrite_ = write;
    return done;
  }

  // Earliest column command after the one before, as far as the data bus and its turns go.
  uint64_t dataFrom(bool write) const {
    if (accesses_ <= 1) return 0;
    if (lastWrite_ == write) return lastColumn_ + p_.burst;
    if (lastWrite_) return lastColumn_ + p_.writeLatency + p_.burst + p_.writeToRead;
    const uint64_t turn = p_.readLatency + p_.burst + 2;
    return lastColumn_ + (turn > p_.writeLatency ? turn - p_.writeLatency : 0);
  }

  void open(Bank& bank, uint64_t group, uint64_t row, uint64_t tick) {
    bank.open = true;
    bank.row = row;
    bank.activated = tick;
    bank.columnFrom = tick + p_.rcd;
    bank.prechargeFrom = tick + p_.ras;
    lastActivate_ = groupActivate_[group] = tick;
    four_[activates_++ % 4] = tick;
  }

  DramParameters p_;
  std::vector<Bank> banks_;
  std::vector<uint64_t> groupColumn_;
  std::vector<uint64_t> groupActivate_;
  std::vector<uint64_t> columns_;
  std::vector<uint64_t> writes_;
  std::deque<Pending> pending_;
  uint64_t due_;
  uint64_t accesses_ = 0;
  uint64_t writesDone_ = 0;
  uint64_t activates_ = 0;
  uint64_t lastColumn_ = 0;
  uint64_t lastActivate_ = 0;
  uint64_t four_[4] = {0, 0, 0, 0};
  bool lastWrite_ = false;
};

}  // namespace sterna
