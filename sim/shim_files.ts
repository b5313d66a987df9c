import agent from "./shim/agent.h" with { type: "text" };
import axi from "./shim/axi.h" with { type: "text" };
import axiLite from "./shim/axi_lite.h" with { type: "text" };
import axiRead from "./shim/axi_read.h" with { type: "text" };
import axiWrite from "./shim/axi_write.h" with { type: "text" };
import benchSource from "./shim/bench.cpp" with { type: "text" };
import benchHeader from "./shim/bench.h" with { type: "text" };
import call from "./shim/call.h" with { type: "text" };
import design from "./shim/design.cpp" with { type: "text" };
import dram from "./shim/dram.h" with { type: "text" };
import dramChannel from "./shim/dram_channel.h" with { type: "text" };
import hooks from "./shim/hooks.cpp" with { type: "text" };
import image from "./shim/image.h" with { type: "text" };
import library from "./shim/library.cpp" with { type: "text" };
import model from "./shim/model.h" with { type: "text" };
import operations from "./shim/operations.h" with { type: "text" };
import output from "./shim/output.h" with { type: "text" };
import probe from "./shim/probe.h" with { type: "text" };
import processMain from "./shim/process.cpp" with { type: "text" };
import random from "./shim/random.h" with { type: "text" };
import registrySource from "./shim/registry.cpp" with { type: "text" };
import registryHeader from "./shim/registry.h" with { type: "text" };
import sessionSource from "./shim/session.cpp" with { type: "text" };
import sessionHeader from "./shim/session.h" with { type: "text" };
import stream from "./shim/stream.h" with { type: "text" };
import timing from "./shim/timing.h" with { type: "text" };

/** The C++ of the shim by file name; imported as text so that it is there wherever the code is. */
export const SHIM_FILES: Readonly<Record<string, string>> = {
  "agent.h": agent,
  "axi.h": axi,
  "axi_lite.h": axiLite,
  "axi_read.h": axiRead,
  "axi_write.h": axiWrite,
  "bench.cpp": benchSource,
  "bench.h": benchHeader,
  "call.h": call,
  "design.cpp": design,
  "dram.h": dram,
  "dram_channel.h": dramChannel,
  "hooks.cpp": hooks,
  "image.h": image,
  "library.cpp": library,
  "model.h": model,
  "operations.h": operations,
  "output.h": output,
  "probe.h": probe,
  "process.cpp": processMain,
  "random.h": random,
  "registry.cpp": registrySource,
  "registry.h": registryHeader,
  "session.cpp": sessionSource,
  "session.h": sessionHeader,
  "stream.h": stream,
  "timing.h": timing,
};
