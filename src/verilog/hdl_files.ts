/**
 * The Verilog library as text, imported so that it is there wherever the code is.
 * Order: a module comes after those that it is made of.
 */
import argmax from "../../hdl/sterna_argmax.v" with { type: "text" };
import axiRead from "../../hdl/sterna_axi_read.v" with { type: "text" };
import attention from "../../hdl/sterna_attention.v" with { type: "text" };
import axiWrite from "../../hdl/sterna_axi_write.v" with { type: "text" };
import axil from "../../hdl/sterna_axil.v" with { type: "text" };
import block from "../../hdl/sterna_block.v" with { type: "text" };
import boot from "../../hdl/sterna_boot.v" with { type: "text" };
import codes from "../../hdl/sterna_codes.v" with { type: "text" };
import core from "../../hdl/sterna_core.v" with { type: "text" };
import counters from "../../hdl/sterna_counters.v" with { type: "text" };
import datapath from "../../hdl/sterna_datapath.v" with { type: "text" };
import divide from "../../hdl/sterna_divide.v" with { type: "text" };
import dot from "../../hdl/sterna_dot.v" with { type: "text" };
import drain from "../../hdl/sterna_drain.v" with { type: "text" };
import fetch from "../../hdl/sterna_fetch.v" with { type: "text" };
import fifo from "../../hdl/sterna_fifo.v" with { type: "text" };
import gear from "../../hdl/sterna_gear.v" with { type: "text" };
import host from "../../hdl/sterna_host.v" with { type: "text" };
import isqrt from "../../hdl/sterna_isqrt.v" with { type: "text" };
import linear from "../../hdl/sterna_linear.v" with { type: "text" };
import load from "../../hdl/sterna_load.v" with { type: "text" };
import mantissa from "../../hdl/sterna_mantissa.v" with { type: "text" };
import matvec from "../../hdl/sterna_matvec.v" with { type: "text" };
import pe from "../../hdl/sterna_pe.v" with { type: "text" };
import queue from "../../hdl/sterna_queue.v" with { type: "text" };
import ram from "../../hdl/sterna_ram.v" with { type: "text" };
import rope from "../../hdl/sterna_rope.v" with { type: "text" };
import scalar from "../../hdl/sterna_scalar.v" with { type: "text" };
import scalarLane from "../../hdl/sterna_scalar_lane.v" with { type: "text" };
import scale from "../../hdl/sterna_scale.v" with { type: "text" };
import sequence from "../../hdl/sterna_sequence.v" with { type: "text" };
import shiftRound from "../../hdl/sterna_shift_round.v" with { type: "text" };
import sigma from "../../hdl/sterna_sigma.v" with { type: "text" };
import skid from "../../hdl/sterna_skid.v" with { type: "text" };
import trits2bit from "../../hdl/sterna_trits_2bit.v" with { type: "text" };
import tritsBase3 from "../../hdl/sterna_trits_base3.v" with { type: "text" };
import vector from "../../hdl/sterna_vector.v" with { type: "text" };
import vectorLane from "../../hdl/sterna_vector_lane.v" with { type: "text" };
import vectorMultiply from "../../hdl/sterna_vector_multiply.v" with {
  type: "text",
};
import vectorSlice from "../../hdl/sterna_vector_slice.v" with { type: "text" };

/** A Verilog file. */
export interface VerilogFile {
  /** File name, that of its module. */
  readonly name: string;
  /** The Verilog. */
  readonly text: string;
}

/** Every module of the machine, lowest first. */
export const CORE_FILES: readonly VerilogFile[] = [
  { name: "sterna_ram.v", text: ram },
  { name: "sterna_fifo.v", text: fifo },
  { name: "sterna_queue.v", text: queue },
  { name: "sterna_skid.v", text: skid },
  { name: "sterna_axil.v", text: axil },
  { name: "sterna_axi_read.v", text: axiRead },
  { name: "sterna_axi_write.v", text: axiWrite },
  { name: "sterna_trits_2bit.v", text: trits2bit },
  { name: "sterna_trits_base3.v", text: tritsBase3 },
  { name: "sterna_pe.v", text: pe },
  { name: "sterna_shift_round.v", text: shiftRound },
  { name: "sterna_scale.v", text: scale },
  { name: "sterna_sigma.v", text: sigma },
  { name: "sterna_isqrt.v", text: isqrt },
  { name: "sterna_divide.v", text: divide },
  { name: "sterna_argmax.v", text: argmax },
  { name: "sterna_vector_multiply.v", text: vectorMultiply },
  { name: "sterna_vector_lane.v", text: vectorLane },
  { name: "sterna_vector_slice.v", text: vectorSlice },
  { name: "sterna_vector.v", text: vector },
  { name: "sterna_scalar_lane.v", text: scalarLane },
  { name: "sterna_scalar.v", text: scalar },
  { name: "sterna_codes.v", text: codes },
  { name: "sterna_matvec.v", text: matvec },
  { name: "sterna_drain.v", text: drain },
  { name: "sterna_load.v", text: load },
  { name: "sterna_gear.v", text: gear },
  { name: "sterna_dot.v", text: dot },
  { name: "sterna_linear.v", text: linear },
  { name: "sterna_mantissa.v", text: mantissa },
  { name: "sterna_rope.v", text: rope },
  { name: "sterna_attention.v", text: attention },
  { name: "sterna_block.v", text: block },
  { name: "sterna_datapath.v", text: datapath },
  { name: "sterna_fetch.v", text: fetch },
  { name: "sterna_boot.v", text: boot },
  { name: "sterna_sequence.v", text: sequence },
  { name: "sterna_counters.v", text: counters },
  { name: "sterna_host.v", text: host },
  { name: "sterna_core.v", text: core },
];
