// The read side of an AXI4 memory: accepts AR, answers on R in the order of the requests.
#pragma once

#include <deque>

#include "axi.h"

namespace sterna {

struct ReadPins {
  AddressPins address;
  const Port* data = nullptr;
  const Port* valid = nullptr;
  const Port* ready = nullptr;
  const Port* response = nullptr;
  const Port* last = nullptr;
  const Port* id = nullptr;
};

class AxiReadPort : public Agent {
 public:
  AxiReadPort(std::shared_ptr<AxiMemory> memory, const ReadPins& pins,
              const AxiPortOptions& options)
      : memory_(std::move(memory)),
        pins_(pins),
        options_(options),
        channel_(pins.address, pins.data->width / 8, options.prefix + "ar"),
        random_(options.seed) {
    reset();
  }

  void reset() override {
    queue_.clear();
    memory_->timing->reset();
    beat_ = 0;
    scheduled_ = offered_ = accepted_ = taken_ = false;
    channel_.reset();
    pins_.valid->set(0);
    scramble();
  }

  void sample(uint64_t cycle) override {
    accepted_ = channel_.sample(cycle, false, &incoming_, &stats);
    const bool valid = pins_.valid->get() != 0;
    const bool ready = pins_.ready->get() != 0;
    taken_ = valid && ready;
    if (queue_.empty()) {
      stats.idleCycles++;
    } else if (!valid) {
      stats.memoryStalls++;
      if (scheduled_ && cycle >= bare_ && cycle < due_) stats.refreshStalls++;
    } else if (!ready) {
      stats.masterStalls++;
    }
  }

  void drive(uint64_t cycle) override {
    if (accepted_) {
      memory_->timing->request(incoming_.request);
      queue_.push_back(incoming_);
      stats.bursts++;
    }
    if (taken_) finishBeat();
    if (taken_ || !offered_) offer(cycle + 1);
    channel_.ready(queue_.size() < options_.outstanding && !random_.chance(options_.addressStall));
  }

  bool idle() const override { return queue_.empty(); }

  AxiStats stats;

 private:
  void finishBeat() {
    offered_ = false;
    scheduled_ = false;
    stats.beats++;
    stats.bytes += queue_.front().request.beatBytes;
    if (++beat_ == queue_.front().request.beats) {
      queue_.pop_front();
      beat_ = 0;
    }
  }

  // Puts the next beat on the bus for the edge `next` when it is due then.
  void offer(uint64_t next) {
    if (!queue_.empty() && !scheduled_) {
      due_ = memory_->timing->beat(queue_.front().request, beat_, next);
      bare_ = due_ - memory_->timing->heldByRefresh();
      scheduled_ = true;
    }
    offered_ = scheduled_ && due_ <= next && !random_.chance(options_.dataStall);
    pins_.valid->set(offered_ ? 1 : 0);
    if (!offered_) {
      if (shown_) scramble();
      return;
    }
    shown_ = true;

    const Burst& burst = queue_.front();
    const uint32_t bytes = pins_.data->width / 8;
    const uint64_t address = burst.beatAddress(beat_) & ~static_cast<uint64_t>(bytes - 1);
    uint64_t offset = 0;
    const uint8_t response = memory_->locate(address, bytes, &offset);
    if (response == kOkay) {
      std::memcpy(pins_.data->data, memory_->image->at(offset), bytes);
    } else {
      std::memset(pins_.data->data, 0, bytes);
      (response == kDecodeError ? stats.decodeErrors : stats.slaveErrors)++;
    }
    if (pins_.response) pins_.response->set(response);
    if (pins_.last) pins_.last->set(beat_ + 1 == burst.request.beats ? 1 : 0);
    if (pins_.id) pins_.id->set(burst.id);
  }

  // Once, when an answer leaves the bus: noise in every idle cycle would cost more than the model.
  void scramble() {
    shown_ = false;
    random_.scramble(*pins_.data);
    if (pins_.response) random_.scramble(*pins_.response);
    if (pins_.last) random_.scramble(*pins_.last);
    if (pins_.id) random_.scramble(*pins_.id);
  }

  std::shared_ptr<AxiMemory> memory_;
  ReadPins pins_;
  AxiPortOptions options_;
  AddressChannel channel_;
  Random random_;
  std::deque<Burst> queue_;
  Burst incoming_{};
  uint32_t beat_ = 0;
  uint64_t due_ = 0;
  uint64_t bare_ = 0;  // when it would be due without refreshes
  bool scheduled_ = false;
  bool offered_ = false;
  bool shown_ = false;
  bool accepted_ = false;
  bool taken_ = false;
};

}  // namespace sterna
