// One channel of a DRAM behind its controller: banks with open rows, bank groups, refresh, and a queue
// of accesses whose rows are opened ahead of their turn.
//
// Time is counted in clocks of the DRAM (ticks). An access is one burst of the DRAM. Accesses are
// scheduled in the order in which they are asked for; the precharge and activate of one may be as early
// as its bank and the depth of the queue allow, while columns of earlier ones are still to come.
// Addresses of accesses, from the lowest bits:
//
//     bank group | column | bank of the group | row
//
// so that a sequential read takes bank groups in turn and finds the next row in another bank.
// Refresh is due every tREFI, `together` at a time (the standards let a controller postpone up to 8):
// all banks are precharged, tRFC passes for each, rows are opened again.
//
// Left out: contention on the command bus, ranks, power states, ZQ calibration, the bounds of rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

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
  uint64_t channels;
  uint64_t interleave;  // accesses in a row on one channel
};

// When an access is done, and when it would be if a refresh had not been in its way.
struct DramAccess {
  uint64_t done;  // the tick after its last data
  uint64_t bare;
};

// One channel: its accesses, one after the other.
class DramChannel {
 public:
  explicit DramChannel(const DramParameters& parameters)
      : p_(parameters),
        banks_(p_.groups * p_.banks),
        groupColumn_(p_.groups, 0),
        groupActivate_(p_.groups, 0),
        columns_(p_.lookahead, 0),
        writes_(p_.lookahead, 0),
        due_(p_.refi * p_.together) {}

  DramAccess access(uint64_t index, bool write, uint64_t arrived) {
    const uint64_t group = index % p_.groups;
    const uint64_t line = index / p_.groups / p_.columns;
    Bank& bank = banks_[group * p_.banks + line % p_.banks];
    const uint64_t row = line / p_.banks;
    uint64_t& ahead = columns_[accesses_++ % p_.lookahead];
    const uint64_t from = std::max(arrived, ahead);
    Place place = find(bank, group, row, write, from);
    const uint64_t bare = place.column;
    while (due_ <= std::max(from, lastColumn_) || place.column >= due_) {
      refresh();
      place = find(bank, group, row, write, from);
    }
    if (!place.hit) open(bank, group, row, place.activate);
    const uint64_t column = place.column;
    const uint64_t data = (write ? p_.writeLatency : p_.readLatency) + p_.burst;
    const uint64_t done = column + data;
    bank.prechargeFrom =
        std::max(bank.prechargeFrom, write ? done + p_.writeRecovery : column + p_.readToPrecharge);
    lastColumn_ = groupColumn_[group] = ahead = column;
    lastWrite_ = write;
    return {done, std::min(bare, column) + data};
  }

  // The tick from which a write has room in the buffer, which its access then takes.
  uint64_t& room() { return writes_[writesDone_++ % p_.lookahead]; }

 private:
  struct Bank {
    bool open = false;
    uint64_t row = 0;
    uint64_t activated = 0;
    uint64_t columnFrom = 0;     // earliest column command to the open row
    uint64_t prechargeFrom = 0;  // earliest precharge of the open row
    uint64_t activateFrom = 0;   // earliest activate
  };

  // Where an access finds its commands if no refresh comes between.
  struct Place {
    bool hit;
    uint64_t activate;
    uint64_t column;
  };

  Place find(const Bank& bank, uint64_t group, uint64_t row, bool write, uint64_t from) const {
    const bool hit = bank.open && bank.row == row;
    uint64_t activate = 0;
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
    uint64_t column = std::max({from, ready, dataFrom(write)});
    if (accesses_ > 1) {
      column = std::max(column, lastColumn_ + p_.ccdShort);
      if (groupColumn_[group] > 0) column = std::max(column, groupColumn_[group] + p_.ccdLong);
    }
    return {hit, activate, column};
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
