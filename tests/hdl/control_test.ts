import { checkAxilAtOnce, checkAxilLate } from "./_axil.ts";
import { disturbed } from "./_disturb.ts";
import {
  checkBootBare,
  checkBootCycles,
  checkBootFaults,
  checkBootFlush,
} from "./_units_boot.ts";
import { testUnits } from "./_unit_bench.ts";
import {
  checkBlocks,
  checkBreakpoint,
  checkCommands,
  checkNoBlocks,
  checkRegisters,
  checkSequence,
  checkWindows,
  HOST_PARAMETERS,
  SEQUENCE_PARAMETERS,
} from "./_units_control.ts";
import {
  checkClearing,
  checkCommandReset,
  checkErrors,
  checkHostReset,
  checkInterrupts,
  checkPulses,
  checkSlices,
} from "./_units_host.ts";
import {
  BOOT_PARAMETERS,
  checkBoot,
  checkBootErrors,
  checkFetch,
  checkFetchError,
  checkFetchRows,
  checkFlush,
  checkLoad,
  checkLoadNarrow,
} from "./_units_memory.ts";
import { checkRows, checkTurns, ROWS_PARAMETERS } from "./_units_turns.ts";

testUnits("bench_control", [
  {
    module: "sterna_load",
    prefix: "load",
    parameters: { BEAT: 16, LANES: 4, BANKS: 2, ROWS: 16 },
    fault: { from: "take && left == 16'd0", to: "take && left <= 16'd1" },
    checks: {
      "copies beats to the banks": checkLoad,
      "copies after any reset": disturbed(checkLoad, "load"),
    },
  },
  {
    module: "sterna_load",
    prefix: "narrow",
    parameters: { BEAT: 4, LANES: 4, BANKS: 1, ROWS: 16 },
    fault: { from: "phase <= phase + 1'b1", to: "phase <= phase" },
    checks: {
      "fills a word from several beats": checkLoadNarrow,
      "fills a word after any reset": disturbed(checkLoadNarrow, "narrow"),
    },
  },
  {
    module: "sterna_fetch",
    prefix: "fetch",
    parameters: { BEAT: 8, FIFO_BEATS: 64 },
    fault: { from: "ends ? 32'd0", to: "ends ? 32'd1" },
    checks: {
      "reads the stream round and round": checkFetch,
      "starts over after a flush": checkFlush,
      "reports an error until a flush": checkFetchError,
      "has room for rows while the stream waits": checkFetchRows,
      "reads after any reset": disturbed(checkFlush, "fetch"),
      "reports an error after any reset": disturbed(checkFetchError, "fetch"),
    },
  },
  {
    module: "sterna_boot",
    prefix: "boot",
    parameters: BOOT_PARAMETERS,
    fault: { from: "word > STATE_WORDS", to: "word >= STATE_WORDS" },
    checks: {
      "reads header, program and table": checkBoot,
      "refuses what was not made for it": checkBootErrors,
      "loads over and over": checkBootCycles,
      "flushes until all is quiet": checkBootFlush,
      "tells the first fault": checkBootFaults,
      "reads after any reset": disturbed(checkBoot, "boot"),
      "refuses after any reset": disturbed(checkBootErrors, "boot"),
    },
  },
  {
    module: "sterna_sequence",
    prefix: "sequence",
    parameters: SEQUENCE_PARAMETERS,
    fault: { from: "!writes_codes || buffer_free", to: "!writes_codes" },
    checks: {
      "issues in order, when the units may": checkSequence,
      "stops where it is told to": checkBreakpoint,
      "knows no block unit where there is none": checkNoBlocks,
      "issues after any reset": disturbed(checkSequence, "sequence"),
      "stops after any reset": disturbed(checkBreakpoint, "sequence"),
    },
  },
  {
    module: "sterna_sequence",
    prefix: "blocks",
    parameters: { ...SEQUENCE_PARAMETERS, BLOCKS: 1 },
    fault: { from: "&& !block_busy", to: "" },
    checks: { "issues nothing while the block unit works": checkBlocks },
  },
  {
    module: "sterna_host",
    prefix: "host",
    parameters: HOST_PARAMETERS,
    fault: { from: "token < vocabulary", to: "token <= vocabulary" },
    checks: {
      "keeps settings and tells what it is": checkRegisters,
      "starts, interrupts and reports errors": checkCommands,
      "shows memories through windows": checkWindows,
      "turns commands into pulses": checkPulses,
      "interrupts at edges": checkInterrupts,
      "keeps the first error": checkErrors,
      "clears the state": checkClearing,
      "forgets commands at a reset": checkCommandReset,
      "forgets all at a reset": checkHostReset,
      "keeps settings after any reset": disturbed(checkRegisters, "host"),
      "starts after any reset": disturbed(checkCommands, "host"),
      "shows memories after any reset": disturbed(checkWindows, "host"),
    },
  },
  {
    module: "sterna_host",
    prefix: "slices",
    parameters: { ...HOST_PARAMETERS, BATCH: 4 },
    fault: { from: "!part[b] || own < vocabulary", to: "own < vocabulary" },
    checks: { "has registers for slices": checkSlices },
  },
  {
    module: "sterna_load",
    prefix: "rows",
    parameters: ROWS_PARAMETERS,
    fault: { from: "age == PLACE", to: "1'b1" },
    checks: { "gives each slice its row": checkRows },
  },
  {
    module: "sterna_sequence",
    prefix: "turns",
    parameters: { ...SEQUENCE_PARAMETERS, BATCH: 4 },
    fault: { from: "turn != LAST", to: "!again" },
    checks: { "issues turns of slices": checkTurns },
  },
  {
    module: "sterna_boot",
    prefix: "bare",
    parameters: { ...BOOT_PARAMETERS, BLOCKS: 0 },
    fault: { from: "BLOCKS != 0 && word > MANTISSAS", to: "word > MANTISSAS" },
    checks: { "asks for no block unit": checkBootBare },
  },
  {
    module: "sterna_axil",
    prefix: "axil",
    fault: { from: "rd_wait && !rd_en && rd_ack", to: "rd_ack" },
    checks: {
      "takes answers that are always there": checkAxilAtOnce,
      "waits for answers that are late": checkAxilLate,
    },
  },
]);
