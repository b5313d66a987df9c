// Wraps Verilator's class of one design as a `Model`. Compiled once per design, together with the
// generated "ports.inc" (one STERNA_PORT line per port) beside Verilator's own output.
#include "Vdut.h"
#if STERNA_TRACE
#include "verilated_fst_c.h"
#endif
#if STERNA_COVERAGE
#include "verilated_cov.h"
#endif

#include "model.h"

namespace {

class Design : public sterna::Model {
 public:
  explicit Design(uint32_t seed) {
    Verilated::threadContextp(&context_);
    context_.randReset(seed ? 2 : 0);
    context_.randSeed(static_cast<int>(seed & 0x7fffffff));
#if STERNA_TRACE
    context_.traceEverOn(true);
#endif
    top_.reset(new Vdut(&context_, "TOP"));
#define STERNA_PORT(name, member, direction, width, bytes)           \
  ports.push_back({name, sterna::Direction::direction, width, bytes, \
                   reinterpret_cast<uint8_t*>(&top_->member)});
#include "ports.inc"
#undef STERNA_PORT
    // Verilator leaves inputs unset; random inputs would make every test depend on its seed.
    for (const sterna::Port& port : ports) {
      if (port.direction == sterna::Direction::Input) std::memset(port.data, 0, port.bytes);
    }
  }

  ~Design() override {
    Verilated::threadContextp(&context_);
    try {
      top_->final();
    } catch (const std::exception&) {
      // A failing `final` block has nobody left to tell.
    }
  }

  void eval() override {
    Verilated::threadContextp(&context_);
    top_->eval();
  }

  bool finished() const override { return context_.gotFinish(); }
  void time(uint64_t picoseconds) override { context_.time(picoseconds); }

#if STERNA_TRACE
  bool traceOpen(const char* path) override {
    Verilated::threadContextp(&context_);
    trace_.reset(new VerilatedFstC);
    if (!traced_) top_->trace(trace_.get(), 99);
    if (traced_) throw std::runtime_error("a waveform was already written by this instance");
    traced_ = true;
    trace_->open(path);
    if (!trace_->isOpen())
      throw std::runtime_error(std::string("waveform file \"") + path + "\" does not open");
    return true;
  }
  void traceDump(uint64_t picoseconds) override { trace_->dump(picoseconds); }
  void traceClose() override {
    if (trace_) trace_->close();
  }
#else
  bool traceOpen(const char*) override { return false; }
  void traceDump(uint64_t) override {}
  void traceClose() override {}
#endif

  bool coverageWrite(const char* path) override {
#if STERNA_COVERAGE
    context_.coveragep()->write(path);
    return true;
#else
    (void)path;
    return false;
#endif
  }

 private:
  VerilatedContext context_;
  std::unique_ptr<Vdut> top_;
#if STERNA_TRACE
  std::unique_ptr<VerilatedFstC> trace_;
  bool traced_ = false;
#endif
};

}  // namespace

namespace sterna {

std::unique_ptr<Model> newModel(uint32_t seed) {
  return std::unique_ptr<Model>(new Design(seed));
}

}  // namespace sterna
