// Both ends of a valid/ready stream: a source that feeds a design, a sink that drains it.
//
// A beat is the bytes of all payload ports in a row, each as Verilator stores it. A port without
// `ready` takes or gives a beat in every cycle in which `valid` is high.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "agent.h"
#include "model.h"
#include "random.h"

namespace sterna {

struct StreamPins {
  const Port* valid = nullptr;
  const Port* ready = nullptr;
  std::vector<const Port*> payload;

  uint64_t beatBytes() const {
    uint64_t bytes = 0;
    for (const Port* port : payload) bytes += port->bytes;
    return bytes;
  }
};

// Beats in order of arrival. Taken beats are dropped in large pieces, not one by one.
class BeatQueue {
 public:
  explicit BeatQueue(uint64_t beatBytes) : beatBytes_(beatBytes) {}

  uint64_t size() const { return (bytes_.size() - head_) / beatBytes_; }
  const uint8_t* front() const { return bytes_.data() + head_; }
  void append(const uint8_t* data, uint64_t bytes) {
    bytes_.insert(bytes_.end(), data, data + bytes);
  }
  void drop(uint64_t beats) {
    head_ += beats * beatBytes_;
    if (head_ < MIN_DROP || head_ * 2 < bytes_.size()) return;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  // Room for one more beat, for the caller to fill.
  uint8_t* grow() {
    bytes_.resize(bytes_.size() + beatBytes_);
    return bytes_.data() + bytes_.size() - beatBytes_;
  }

 private:
  static constexpr uint64_t MIN_DROP = 1 << 16;
  uint64_t beatBytes_;
  std::vector<uint8_t> bytes_;
  uint64_t head_ = 0;
};

class StreamSource : public Agent {
 public:
  StreamSource(StreamPins pins, uint32_t bubbles, uint64_t seed)
      : pins_(std::move(pins)), queue_(pins_.beatBytes()), bubbles_(bubbles), random_(seed) {
    withdraw();
  }

  // Beats that were pushed and not taken stay: a reset is no reason to lose a test's input.
  void reset() override {
    taken_ = false;
    withdraw();
  }

  void push(const uint8_t* data, uint64_t bytes) {
    if (bytes % pins_.beatBytes() != 0) throw std::runtime_error("a stream takes whole beats");
    queue_.append(data, bytes);
  }

  void sample(uint64_t) override { taken_ = offered_ && (!pins_.ready || pins_.ready->get()); }

  void drive(uint64_t) override {
    if (taken_) queue_.drop(1);
    if (offered_ && !taken_) return;
    if (queue_.size() == 0 || random_.chance(bubbles_)) {
      if (offered_) withdraw();
      return;
    }
    offered_ = true;
    pins_.valid->set(1);
    const uint8_t* from = queue_.front();
    for (const Port* port : pins_.payload) {
      std::memcpy(port->data, from, port->bytes);
      from += port->bytes;
    }
  }

  bool idle() const override { return queue_.size() == 0; }

 private:
  void withdraw() {
    offered_ = false;
    pins_.valid->set(0);
    for (const Port* port : pins_.payload) random_.scramble(*port);
  }

  StreamPins pins_;
  BeatQueue queue_;
  uint32_t bubbles_;
  Random random_;
  bool offered_ = false;
  bool taken_ = false;
};

class StreamSink : public Agent {
 public:
  StreamSink(StreamPins pins, uint32_t stalls, uint64_t seed, std::string name)
      : pins_(std::move(pins)),
        queue_(pins_.beatBytes()),
        held_(pins_.beatBytes()),
        now_(pins_.beatBytes()),
        stalls_(stalls),
        random_(seed),
        name_(std::move(name)) {
    reset();
  }

  void reset() override {
    waiting_ = false;
    if (pins_.ready) pins_.ready->set(0);
  }

  uint64_t available() const override { return queue_.size(); }

  uint64_t take(uint64_t beats, uint8_t* out) {
    const uint64_t bytes = beats * pins_.beatBytes();
    if (beats > queue_.size()) throw std::runtime_error("a sink gives only the beats it holds");
    std::memcpy(out, queue_.front(), bytes);
    queue_.drop(beats);
    return bytes;
  }

  uint64_t beatBytes() const { return pins_.beatBytes(); }

  void sample(uint64_t cycle) override {
    const bool valid = pins_.valid->get() != 0;
    const bool ready = !pins_.ready || pins_.ready->get() != 0;
    if (valid && ready && !waiting_) {
      copy(queue_.grow());
      return;
    }
    if (valid) copy(now_.data());
    if (waiting_ && (!valid || now_ != held_)) {
      throw std::runtime_error("Stream rule broken on \"" + name_ + "\" at cycle " +
                               std::to_string(cycle) +
                               ": a beat was dropped or changed before it was taken");
    }
    waiting_ = valid && !ready;
    if (waiting_) held_ = now_;
    if (valid && ready) queue_.append(now_.data(), now_.size());
  }

  void drive(uint64_t) override {
    if (pins_.ready) pins_.ready->set(random_.chance(stalls_) ? 0 : 1);
  }

  bool idle() const override { return true; }

 private:
  void copy(uint8_t* to) const {
    for (const Port* port : pins_.payload) {
      std::memcpy(to, port->data, port->bytes);
      to += port->bytes;
    }
  }

  StreamPins pins_;
  BeatQueue queue_;
  std::vector<uint8_t> held_;
  std::vector<uint8_t> now_;
  uint32_t stalls_;
  Random random_;
  std::string name_;
  bool waiting_ = false;
};

}  // namespace sterna
