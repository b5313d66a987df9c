import agent from "./shim/agent.h" with { type: "text" };
import axi from "./shim/axi.h" with { type: "text" };
import axiRead from "./shim/axi_read.h" with { type: "text" };
import axiWrite from "./shim/axi_write.h" with { type: "text" };
import benchSource from "./shim/bench.cpp" with { type: "text" };
import benchHeader from "./shim/bench.h" with { type: "text" };
import design from "./shim/design.cpp" with { type: "text" };
import hooks from "./shim/hooks.cpp" with { type: "text" };
import image from "./shim/image.h" with { type: "text" };
import library from "./shim/library.cpp" with { type: "text" };
import model from "./shim/model.h" with { type: "text" };
import operations from "./shim/operations.h" with { type: "text" };
import output from "./shim/output.h" with { type: "text" };
import random from "./shim/random.h" with { type: "text" };
import sessionSource from "./shim/session.cpp" with { type: "text" };
import sessionHeader from "./shim/session.h" with { type: "text" };
import timing from "./shim/timing.h" with { type: "text" };

/** The C++ of the shim by file name; imported as text so that it is there wherever the code is. */
export const SHIM_FILES: Readonly<Record<string, string>> = {
  "agent.h": agent,
  "axi.h": axi,
  "axi_read.h": axiRead,
  "axi_write.h": axiWrite,
  "bench.cpp": benchSource,
  "bench.h": benchHeader,
  "design.cpp": design,
  "hooks.cpp": hooks,
  "image.h": image,
  "library.cpp": library,
  "model.h": model,
  "operations.h": operations,
  "output.h": output,
  "random.h": random,
  "session.cpp": sessionSource,
  "session.h": sessionHeader,
  "timing.h": timing,
};
