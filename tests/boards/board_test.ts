/**
 * A core on a board, in Verilator: everything but the chip's own pins and clock. The host sits at
 * the serial line, and the memory checks every command against its data sheet's rules.
 */
import assert from "node:assert/strict";
import {
  COMMANDS,
  COUNTERS,
  REGISTERS,
  STATUS,
} from "../../sim/core/registers.ts";
import { elaborate, lint } from "../../sim/mod.ts";
import {
  BOARD_SOURCES,
  boardRate,
  type Bundle,
  findBoard,
} from "../../sim/synthesis/mod.ts";
import {
  buildParameters,
  CORE_FILES,
  estimateProgram,
  layoutImage,
  makeHardware,
  sizeCapacities,
  topModule,
} from "../../src/verilog/mod.ts";
import { Reference, smallModel } from "../core_cases.ts";
import { type BoardBench, buildBoard, SerialHost } from "./_host.ts";

/** Cycles that a token of the small model may take on the board. */
const TOKEN_TIMEOUT = 400_000;

const HARDWARE = makeHardware({ busBits: 32 });

const smallBoard = (() => {
  let bench: Promise<BoardBench> | undefined;
  return async () =>
    await (bench ??= (async () => buildBoard(await smallModel(), HARDWARE))());
})();

/** Waits by the status register until a bit is as wanted. */
function waitFor(host: SerialHost, bit: number, wanted: boolean): void {
  const end = host.dut.cycle + TOKEN_TIMEOUT;
  for (;;) {
    const status = host.read(REGISTERS.status);
    assert.equal(status >> 8, 0, "an error code");
    if (((status & bit) !== 0) === wanted) return;
    assert.ok(host.dut.cycle < end, `status ${status}`);
  }
}

function loadImage(host: SerialHost): void {
  host.write(REGISTERS.baseLow, 0);
  host.write(REGISTERS.baseHigh, 0);
  host.write(REGISTERS.command, COMMANDS.load);
  waitFor(host, STATUS.loaded, true);
  host.write(REGISTERS.command, COMMANDS.clearState);
  waitFor(host, STATUS.clearing, false);
}

function runToken(
  host: SerialHost,
  id: number,
): { token: number; logit: number; cycles: number } {
  host.write(REGISTERS.tokenIn, id);
  host.write(REGISTERS.command, COMMANDS.start);
  waitFor(host, STATUS.running, false);
  return {
    token: host.read(REGISTERS.tokenOut),
    logit: host.read(REGISTERS.tokenLogit) | 0,
    cycles: host.read(REGISTERS.counters + 8 * COUNTERS.indexOf("total")),
  };
}

Deno.test("a board computes the reference's tokens, its image sent over the line", async () => {
  const { design, image } = await smallBoard();
  const reference = await Reference.of(await smallModel());
  await using dut = await design.start({ seed: 5 });
  const host = new SerialHost(dut);
  host.noise([0, 0x11, 0]);
  assert.equal(host.read(REGISTERS.id), 0x4e525453); // "STRN"
  // Blocks that neither begin nor end with a row of the memory.
  for (let at = 0; at < image.length; at += 3000) {
    host.fill(at / 2, image.subarray(at, at + 3000));
  }
  loadImage(host);
  let id = 3;
  for (let step = 0; step < 3; step++) {
    const { logits, token } = reference.step(id);
    const got = runToken(host, id);
    assert.deepEqual(
      { token: got.token, logit: got.logit },
      { token, logit: logits[token]! },
      `step ${step}`,
    );
    id = token;
  }
  assert.equal(host.broken(), 0, "a rule of the memory");
  const refreshes = Number(dut.port("refreshes").get());
  assert.ok(refreshes >= Math.floor(dut.cycle / 390), `${refreshes} refreshes`);
});

Deno.test("a board's tokens take the cycles that its rate is derived from", async () => {
  const { design, image, program } = await smallBoard();
  await using dut = await design.start();
  const host = new SerialHost(dut);
  host.poke(0, image);
  loadImage(host);
  runToken(host, 1);
  const { cycles } = runToken(host, 2);
  const { streamBeats, size } = layoutImage(program);
  const { beatBytes } = program.geometry;
  const bundle = {
    stream: { beatBytes, beats: streamBeats },
    imageBytes: size,
    cycles: estimateProgram(program).cycles.perToken,
  } as Bundle;
  const { cyclesPerToken } = boardRate(findBoard("ulx3s"), bundle, 50);
  const ratio = cycles / cyclesPerToken;
  // What is read ahead of so small a token is a part of it; of a large one it is nothing.
  assert.ok(ratio > 0.95 && ratio < 1.05, `${cycles} for ${cyclesPerToken}`);
});

Deno.test("the memory's rules notice a controller that is too fast for it", async () => {
  const { design } = await smallBoard();
  await using dut = await design.start();
  dut.port("strict").set(1);
  const host = new SerialHost(dut);
  host.fill(510, new Uint8Array(8));
  assert.notEqual(host.broken(), 0);
});

Deno.test("a board lints clean in both front ends", async () => {
  const { program } = await smallBoard();
  const capacities = sizeCapacities(program.hardware, program.needs);
  const options = {
    top: "sterna_board",
    sources: [
      ...CORE_FILES,
      topModule(buildParameters(program.hardware, capacities)),
      ...BOARD_SOURCES,
    ],
    parameters: { BEAT: 4 },
  };
  await lint(options);
  await elaborate(options);
});
