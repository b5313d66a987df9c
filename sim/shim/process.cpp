// The child process for machines where a script may not load libraries: the same calls, as frames
// through two named pipes.
//
//   request:  u32 operation, u32 argument count, u64 data bytes, u64 out bytes,
//             then the arguments as f64 and the data
//   response: f64 result, u64 bytes, then those bytes: what the call wrote, or the error's text
//
// Named pipes and not standard input and output, because a script can read a file synchronously
// but not a child's output. The child opens its ends first without waiting and then says "ready",
// so that neither side can block on an open of which the other side has died.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "operations.h"
#include "session.h"

namespace {

struct RequestHead {
  uint32_t operation;
  uint32_t count;
  uint64_t dataBytes;
  uint64_t outBytes;
};

struct ResponseHead {
  double result;
  uint64_t bytes;
};

[[noreturn]] void fail(const char* what) {
  std::printf("error: %s\n", what);
  std::fflush(stdout);
  std::exit(1);
}

// False at the end of the pipe: the script is gone or has closed the instance.
bool readAll(int pipe, void* to, size_t bytes) {
  uint8_t* at = static_cast<uint8_t*>(to);
  while (bytes > 0) {
    const ssize_t got = read(pipe, at, bytes);
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<size_t>(got);
  }
  return true;
}

bool writeAll(int pipe, const void* from, size_t bytes) {
  const uint8_t* at = static_cast<const uint8_t*>(from);
  while (bytes > 0) {
    const ssize_t put = write(pipe, at, bytes);
    if (put <= 0) return false;
    at += put;
    bytes -= static_cast<size_t>(put);
  }
  return true;
}

// Waits for the first frame, or for the script's end of standard input to close.
bool waitForScript(int requests) {
  for (;;) {
    pollfd waits[] = {{requests, POLLIN, 0}, {0, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0) return false;
    if (waits[0].revents & POLLIN) return true;
    if (waits[1].revents || waits[0].revents) return false;
  }
}

void serve(sterna::Session& session, int requests, int responses, unsigned seconds) {
  std::vector<double> arguments;
  std::vector<uint8_t> data;
  std::vector<uint8_t> out;
  RequestHead head;
  while (readAll(requests, &head, sizeof head)) {
    arguments.resize(head.count);
    data.resize(head.dataBytes);
    out.resize(head.outBytes);
    if (!readAll(requests, arguments.data(), head.count * sizeof(double))) return;
    if (!readAll(requests, data.data(), data.size())) return;
    // A model that never settles would hold the script for ever: the alarm ends this process.
    if (seconds) alarm(seconds);
    const double result =
        session.call({static_cast<int>(head.operation), arguments.data(), head.count, data.data(),
                      data.size(), out.data(), out.size()});
    if (seconds) alarm(0);
    const std::string& error = session.error();
    const uint64_t wrote = out.empty() || result < 0 ? 0 : static_cast<uint64_t>(result);
    const ResponseHead answer = {result, result < 0 ? error.size() : wrote};
    // Ports are set in a stream without an answer; what is wrong with them is checked before.
    if (head.operation == sterna::kSetNumber) continue;
    if (!writeAll(responses, &answer, sizeof answer)) return;
    if (!writeAll(responses, result < 0 ? static_cast<const void*>(error.data()) : out.data(),
                  answer.bytes))
      return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) fail("expected two pipes, a seed and a limit in seconds");
  std::signal(SIGPIPE, SIG_IGN);
  if (mkfifo(argv[1], 0600) != 0 || mkfifo(argv[2], 0600) != 0) fail("the pipes cannot be made");
  const int requests = open(argv[1], O_RDONLY | O_NONBLOCK);
  // Open for both ways, as an open for writing alone would wait for the script.
  const int waiting = open(argv[2], O_RDWR);
  if (requests < 0 || waiting < 0) fail("the pipes cannot be opened");
  std::unique_ptr<sterna::Session> session;
  try {
    session.reset(new sterna::Session(static_cast<uint32_t>(std::strtoul(argv[3], nullptr, 10))));
  } catch (const std::exception& error) {
    fail(error.what());
  }
  std::printf("ready\n");
  std::fflush(stdout);
  if (!waitForScript(requests)) return 0;
  fcntl(requests, F_SETFL, 0);
  const int responses = open(argv[2], O_WRONLY);
  close(waiting);
  serve(*session, requests, responses, static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10)));
  return 0;
}
