// An AXI4-Lite manager: one register access at a time, with seeded delays between its channels,
// so that address and data of a write arrive in either order.
#pragma once

#include <stdexcept>

#include "agent.h"
#include "model.h"
#include "random.h"

namespace sterna {

struct AxiLitePins {
  const Port* writeAddress = nullptr;
  const Port* writeAddressValid = nullptr;
  const Port* writeAddressReady = nullptr;
  const Port* writeData = nullptr;
  const Port* writeStrobe = nullptr;
  const Port* writeDataValid = nullptr;
  const Port* writeDataReady = nullptr;
  const Port* answerValid = nullptr;
  const Port* answerReady = nullptr;
  const Port* answer = nullptr;
  const Port* readAddress = nullptr;
  const Port* readAddressValid = nullptr;
  const Port* readAddressReady = nullptr;
  const Port* readData = nullptr;
  const Port* readDataValid = nullptr;
  const Port* readDataReady = nullptr;
  const Port* readAnswer = nullptr;
};

// One channel that the manager drives: waits a seeded while, then holds valid until ready.
class OutgoingBeat {
 public:
  OutgoingBeat(const Port* valid, const Port* ready) : valid_(valid), ready_(ready) {}

  void reset(bool again) {
    pending_ = again;
    taken_ = false;
    valid_->set(0);
  }
  void start() { pending_ = true; }
  void sample() { taken_ = valid_->get() && ready_->get(); }
  void drive(Random& random, uint32_t stalls) {
    if (taken_) pending_ = false;
    taken_ = false;
    if (!pending_) {
      valid_->set(0);
    } else if (!valid_->get() && !random.chance(stalls)) {
      valid_->set(1);
    }
  }
  bool pending() const { return pending_; }

 private:
  const Port* valid_;
  const Port* ready_;
  bool pending_ = false;
  bool taken_ = false;
};

class AxiLiteManager : public Agent {
 public:
  AxiLiteManager(const AxiLitePins& pins, uint32_t stalls, uint64_t seed)
      : pins_(pins),
        stalls_(stalls),
        random_(seed),
        address_(pins.writeAddressValid, pins.writeAddressReady),
        data_(pins.writeDataValid, pins.writeDataReady),
        read_(pins.readAddressValid, pins.readAddressReady) {
    reset();
  }

  // An access that a reset interrupts starts again after it: only an answer ends it.
  void reset() override {
    address_.reset(writing_);
    data_.reset(writing_);
    read_.reset(reading_);
    pins_.answerReady->set(0);
    pins_.readDataReady->set(0);
  }

  void startWrite(uint64_t address, const uint8_t* data, uint64_t bytes, uint64_t strobe) {
    begin(address, *pins_.writeAddress);
    if (bytes != pins_.writeData->bytes)
      throw std::runtime_error("a register value has the wrong size");
    std::memcpy(pins_.writeData->data, data, bytes);
    if (pins_.writeStrobe) pins_.writeStrobe->set(strobe);
    address_.start();
    data_.start();
    writing_ = true;
  }

  void startRead(uint64_t address) {
    begin(address, *pins_.readAddress);
    read_.start();
    reading_ = true;
  }

  uint64_t response() const { return response_; }
  uint64_t result() const { return result_; }

  void sample(uint64_t) override {
    address_.sample();
    data_.sample();
    read_.sample();
    if (pins_.answerValid->get() && pins_.answerReady->get()) {
      response_ = pins_.answer ? pins_.answer->get() : 0;
      writing_ = false;
    }
    if (pins_.readDataValid->get() && pins_.readDataReady->get()) {
      response_ = pins_.readAnswer ? pins_.readAnswer->get() : 0;
      result_ = pins_.readData->get();
      reading_ = false;
    }
  }

  void drive(uint64_t) override {
    address_.drive(random_, stalls_);
    data_.drive(random_, stalls_);
    read_.drive(random_, stalls_);
    pins_.answerReady->set(writing_ && !random_.chance(stalls_) ? 1 : 0);
    pins_.readDataReady->set(reading_ && !random_.chance(stalls_) ? 1 : 0);
  }

  bool idle() const override { return !writing_ && !reading_; }

 private:
  void begin(uint64_t address, const Port& port) {
    if (!idle()) throw std::runtime_error("the last register access did not end");
    if (port.width < 64 && address >> port.width)
      throw std::runtime_error("the address has more bits than the port");
    port.set(address);
  }

  AxiLitePins pins_;
  uint32_t stalls_;
  Random random_;
  OutgoingBeat address_;
  OutgoingBeat data_;
  OutgoingBeat read_;
  bool writing_ = false;
  bool reading_ = false;
  uint64_t response_ = 0;
  uint64_t result_ = 0;
};

}  // namespace sterna
