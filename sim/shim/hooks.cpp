// Verilator's exits ($finish, $stop, fatal errors) become states and exceptions: its own versions
// end the process, which would take the script along. Its prints go to the bench's text.
#include <stdexcept>
#include <string>

#include "output.h"
#include "verilated.h"

namespace sterna {

thread_local std::string* currentOutput = nullptr;

// A design that prints every cycle must not eat the machine: the oldest text goes first.
constexpr size_t MAX_OUTPUT = 1 << 20;

void print(const char* format, ...) {
  if (!currentOutput) return;
  va_list arguments;
  va_start(arguments, format);
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, arguments);
  va_end(arguments);
  if (length > 0) {
    std::string text(static_cast<size_t>(length) + 1, '\0');
    std::vsnprintf(&text[0], text.size(), format, again);
    text.pop_back();
    *currentOutput += text;
    if (currentOutput->size() > MAX_OUTPUT)
      currentOutput->erase(0, currentOutput->size() - MAX_OUTPUT / 2);
  }
  va_end(again);
}

}  // namespace sterna

namespace {

std::string where(const char* file, int line) {
  return file && *file ? std::string(file) + ":" + std::to_string(line) : std::string("the model");
}

}  // namespace

void vl_finish(const char*, int, const char*) {
  Verilated::threadContextp()->gotFinish(true);
}

void vl_stop(const char* file, int line, const char*) {
  throw std::runtime_error("$stop or a failed assertion at " + where(file, line));
}

void vl_fatal(const char* file, int line, const char*, const char* message) {
  throw std::runtime_error(std::string(message ? message : "fatal error") + " at " +
                           where(file, line));
}
