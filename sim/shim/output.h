// Where $display goes. Included ahead of every Verilator source by the compiler's command line:
// standard output belongs to the script (or carries frames), so the text is kept for it instead.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <string>

namespace sterna {

// The text of the bench that is evaluating on this thread, or null.
extern thread_local std::string* currentOutput;

void print(const char* format, ...);

}  // namespace sterna

#define VL_PRINTF ::sterna::print
#define VL_USER_FINISH 1
#define VL_USER_STOP 1
#define VL_USER_FATAL 1
