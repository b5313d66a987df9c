// The write side of an AXI4 memory: accepts AW, then W, then answers on B, all in order.
//
// W waits for its AW, which AXI4 allows a subordinate to do; a master that holds AW back until W
// was taken breaks the rule and stands still here, as it would on a board.
#pragma once

#include <deque>

#include "axi.h"

namespace sterna {

struct WritePins {
  AddressPins address;
  const Port* data = nullptr;
  const Port* strobe = nullptr;
  const Port* valid = nullptr;
  const Port* ready = nullptr;
  const Port* last = nullptr;
  const Port* answerValid = nullptr;
  const Port* answerReady = nullptr;
  const Port* response = nullptr;
  const Port* id = nullptr;
};

class AxiWritePort : public Agent {
 public:
  AxiWritePort(std::shared_ptr<AxiMemory> memory, const WritePins& pins,
               const AxiPortOptions& options)
      : memory_(std::move(memory)),
        pins_(pins),
        options_(options),
        channel_(pins.address, pins.data->width / 8, options.prefix + "aw"),
        random_(options.seed) {
    reset();
  }

  void reset() override {
    queue_.clear();
    memory_->timing->reset();
    answers_.clear();
    beat_ = 0;
    response_ = kOkay;
    scheduled_ = offered_ = accepted_ = taken_ = answered_ = waiting_ = false;
    channel_.reset();
    pins_.ready->set(0);
    pins_.answerValid->set(0);
  }

  void sample(uint64_t cycle) override {
    accepted_ = channel_.sample(cycle, true, &incoming_, &stats);
    const bool valid = pins_.valid->get() != 0;
    const bool ready = pins_.ready->get() != 0;
    taken_ = valid && ready;
    watch(cycle, valid, ready);
    if (taken_) store(cycle);
    if (queue_.empty()) {
      stats.idleCycles++;
    } else if (!valid) {
      stats.masterStalls++;
    } else if (!ready) {
      stats.memoryStalls++;
    }
    answered_ = pins_.answerValid->get() && pins_.answerReady->get();
  }

  void drive(uint64_t cycle) override {
    if (accepted_) {
      memory_->timing->request(incoming_.request);
      queue_.push_back(incoming_);
      stats.bursts++;
    }
    if (taken_) finishBeat(cycle);
    if (!queue_.empty() && !scheduled_) {
      due_ = memory_->timing->beat(queue_.front().request, beat_, cycle + 1);
      scheduled_ = true;
    }
    pins_.ready->set(scheduled_ && due_ <= cycle + 1 && !random_.chance(options_.dataStall) ? 1
                                                                                            : 0);
    answer(cycle);
    channel_.ready(queue_.size() + answers_.size() < options_.outstanding &&
                   !random_.chance(options_.addressStall));
  }

  bool idle() const override { return queue_.empty() && answers_.empty(); }

  AxiStats stats;

 private:
  struct Answer {
    uint64_t due;
    uint64_t id;
    uint8_t response;
  };

  // A beat that was offered and not taken has to stay as it is.
  void watch(uint64_t cycle, bool valid, bool ready) {
    if (waiting_) {
      const bool same = valid && std::memcmp(held_.data(), pins_.data->data, held_.size()) == 0 &&
                        (!pins_.last || pins_.last->get() == heldLast_);
      if (!same) channel_.violation(cycle, "it dropped or changed write data before the handshake");
    }
    waiting_ = valid && !ready;
    if (!waiting_) return;
    held_.assign(pins_.data->data, pins_.data->data + pins_.data->bytes);
    heldLast_ = pins_.last ? pins_.last->get() : 0;
  }

  void store(uint64_t cycle) {
    const Burst& burst = queue_.front();
    const uint32_t bytes = pins_.data->width / 8;
    const uint64_t address = burst.beatAddress(beat_) & ~static_cast<uint64_t>(bytes - 1);
    uint64_t offset = 0;
    const uint8_t response = memory_->locate(address, bytes, &offset);
    if (response == kOkay) {
      uint8_t* target = memory_->image->at(offset);
      for (uint32_t lane = 0; lane < bytes; lane++) {
        if (!pins_.strobe || (pins_.strobe->data[lane / 8] >> (lane % 8) & 1))
          target[lane] = pins_.data->data[lane];
      }
    } else {
      (response == kDecodeError ? stats.decodeErrors : stats.slaveErrors)++;
      if (response_ == kOkay) response_ = response;
    }
    const bool last = beat_ + 1 == burst.request.beats;
    if (pins_.last && (pins_.last->get() != 0) != last) {
      channel_.violation(cycle, "wlast does not mark the last beat");
    }
  }

  void finishBeat(uint64_t cycle) {
    const Burst& burst = queue_.front();
    scheduled_ = false;
    stats.beats++;
    stats.bytes += burst.request.beatBytes;
    if (++beat_ < burst.request.beats) return;
    answers_.push_back(
        {memory_->timing->acknowledge(burst.request, cycle + 1), burst.id, response_});
    queue_.pop_front();
    beat_ = 0;
    response_ = kOkay;
  }

  void answer(uint64_t cycle) {
    if (answered_) {
      answers_.pop_front();
      offered_ = false;
    }
    if (!offered_) {
      offered_ = !answers_.empty() && answers_.front().due <= cycle + 1 &&
                 !random_.chance(options_.responseStall);
    }
    pins_.answerValid->set(offered_ ? 1 : 0);
    if (!offered_) return;
    if (pins_.response) pins_.response->set(answers_.front().response);
    if (pins_.id) pins_.id->set(answers_.front().id);
  }

  std::shared_ptr<AxiMemory> memory_;
  WritePins pins_;
  AxiPortOptions options_;
  AddressChannel channel_;
  Random random_;
  std::deque<Burst> queue_;
  std::deque<Answer> answers_;
  Burst incoming_{};
  uint32_t beat_ = 0;
  uint64_t due_ = 0;
  uint8_t response_ = kOkay;
  bool scheduled_ = false;
  bool offered_ = false;
  bool accepted_ = false;
  bool taken_ = false;
  bool answered_ = false;
  bool waiting_ = false;
  std::vector<uint8_t> held_;
  uint64_t heldLast_ = 0;
};

}  // namespace sterna
