// The numbers of the calls that cross from the script into the shim; sim/operations.ts has the
// same list, and a test compares the two. Calls that fill `out` return how many bytes they wrote.
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
  kUntilAvailable = 8,
  kUntilIdle = 9,
  kCycle = 10,
  kFinished = 11,
  kOutput = 12,
  kTraceOpen = 13,
  kTraceClose = 14,
  kCoverageWrite = 15,
  kReset = 16,
  kMemoryNew = 20,
  kMemoryWrite = 21,
  kMemoryRead = 22,
  kMemoryLoad = 23,
  kMemoryError = 24,
  kMemoryClearErrors = 25,
  kMemoryProbe = 26,
  kAxiRead = 30,
  kAxiWrite = 31,
  kAxiStatistics = 32,
  kSource = 40,
  kSourcePush = 41,
  kSink = 42,
  kSinkTake = 43,
  kSinkAvailable = 44,
  kAxiLite = 50,
  kAxiLiteWrite = 51,
  kAxiLiteRead = 52,
  kAxiLiteResult = 53,
};

}  // namespace sterna
