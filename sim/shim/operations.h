// The numbers of the calls that cross from the script into the shim; sim/operations.ts has the
// same list, and a test compares the two.
#pragma once

namespace sterna {

enum Operation {
  kSet = 1,
  kGet = 2,
  kSetNumber = 3,
  kGetNumber = 4,
  kClock = 5,
  kTick = 6,
  kUntilPort = 7,
  kUntilCount = 8,
  kCycle = 9,
  kFinished = 10,
  kOutput = 11,
  kTraceOpen = 12,
  kTraceClose = 13,
  kCoverageWrite = 14,
  kMemoryNew = 20,
  kMemoryWrite = 21,
  kMemoryRead = 22,
  kMemoryLoad = 23,
  kMemoryError = 24,
  kMemoryClearErrors = 25,
  kAxiRead = 30,
  kAxiWrite = 31,
  kAxiStats = 32,
};

}  // namespace sterna
