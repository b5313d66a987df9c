// The C names of the shared library. One call carries everything; the short ones exist because a
// port or a tick is touched millions of times.
#include <algorithm>
#include <cstring>

#include "operations.h"
#include "session.h"

#define STERNA_EXPORT extern "C" __attribute__((visibility("default")))

using sterna::Session;

namespace {

// A constructor cannot return its error, so it waits here for `sterna_error(nullptr, ...)`.
thread_local std::string createError;

}  // namespace

STERNA_EXPORT void* sterna_create(uint32_t seed) {
  try {
    return new Session(seed);
  } catch (const std::exception& error) {
    createError = error.what();
    return nullptr;
  }
}

STERNA_EXPORT void sterna_destroy(void* session) {
  delete static_cast<Session*>(session);
}

STERNA_EXPORT double sterna_call(void* session, int32_t operation, const double* arguments,
                                 uint32_t count, const uint8_t* data, double dataBytes,
                                 uint8_t* out, double outBytes) {
  return static_cast<Session*>(session)->call({operation, arguments, count, data,
                                               static_cast<uint64_t>(dataBytes), out,
                                               static_cast<uint64_t>(outBytes)});
}

STERNA_EXPORT double sterna_set(void* session, uint32_t port, double value) {
  const double arguments[] = {static_cast<double>(port), value};
  return static_cast<Session*>(session)->call(
      {sterna::kSetNumber, arguments, 2, nullptr, 0, nullptr, 0});
}

STERNA_EXPORT double sterna_get(void* session, uint32_t port) {
  const double argument = port;
  return static_cast<Session*>(session)->call(
      {sterna::kGetNumber, &argument, 1, nullptr, 0, nullptr, 0});
}

STERNA_EXPORT double sterna_tick(void* session, double cycles) {
  return static_cast<Session*>(session)->call({sterna::kTick, &cycles, 1, nullptr, 0, nullptr, 0});
}

STERNA_EXPORT uint32_t sterna_error(void* session, uint8_t* out, uint32_t capacity) {
  const std::string& text = session ? static_cast<Session*>(session)->error() : createError;
  const uint32_t length = static_cast<uint32_t>(std::min<size_t>(text.size(), capacity));
  std::memcpy(out, text.data(), length);
  return length;
}
