/** Written by tools/fit_area.ts: runs of Yosys, and the model that is fitted to them. */
import type { AreaModel } from "./area.ts";

/** The model. */
export const AREA_MODEL: AreaModel = {
  "family": "ecp5",
  "tool": "Yosys 0.23 (git sha1 7ce5011c24b)",
  "commit": "e3503e1",
  "runs": [
    {
      "hw": "busBits=32",
      "fitted": true,
      "counts": {
        "lut": 23046,
        "ff": 12188,
        "bram": 104,
        "dsp": 31,
      },
    },
    {
      "hw": "busBits=64",
      "fitted": false,
      "counts": {
        "lut": 24314,
        "ff": 12689,
        "bram": 105,
        "dsp": 31,
      },
    },
    {
      "hw": "busBits=128",
      "fitted": true,
      "counts": {
        "lut": 26725,
        "ff": 13699,
        "bram": 107,
        "dsp": 31,
      },
    },
  ],
  "factors": {
    "lut": [
      8252.32,
      137.96,
      28.1175,
      3383.51,
      3.94645,
      2400,
      8000,
      800,
      0,
    ],
    "ff": [
      5240.51,
      0,
      16.9928,
      1623.94,
      4.3909,
      1100,
      4000,
      300,
      0,
    ],
    "bram": [
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0.990613,
    ],
    "dsp": [
      2.00507,
      0,
      0,
      7.24859,
      0,
      1,
      15,
      1,
      0,
    ],
  },
  "errors": {
    "lut": 0.0019,
    "ff": 0.003,
    "bram": 0,
    "dsp": 0,
  },
};
