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
    {
      "hw": "busBits=32,packing=2bit,vectorLanes=2",
      "fitted": true,
      "counts": {
        "lut": 15365,
        "ff": 9416,
        "bram": 102,
        "dsp": 17,
      },
    },
    {
      "hw": "busBits=128,packing=2bit",
      "fitted": false,
      "counts": {
        "lut": 22635,
        "ff": 13545,
        "bram": 107,
        "dsp": 31,
      },
    },
    {
      "hw": "busBits=32,multipliers=8",
      "fitted": true,
      "counts": {
        "lut": 31933,
        "ff": 16612,
        "bram": 120,
        "dsp": 60,
      },
    },
    {
      "hw": "busBits=32,batch=2",
      "fitted": true,
      "counts": {
        "lut": 37008,
        "ff": 19730,
        "bram": 200,
        "dsp": 62,
      },
    },
  ],
  "factors": {
    "lut": [
      8466.18,
      175.203,
      26.0201,
      3222.12,
      3.95432,
      1161.68,
      4875.23,
      550.019,
      0,
    ],
    "ff": [
      6126.63,
      0,
      16.3429,
      1423.99,
      4.25658,
      1349.35,
      2492.47,
      232.161,
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
      0.994893,
    ],
    "dsp": [
      2.40988,
      0,
      0,
      7.22054,
      0,
      1.18518,
      19.3947,
      1.15625,
      0,
    ],
  },
  "errors": {
    "lut": 0.0394,
    "ff": 0.0097,
    "bram": 0.0167,
    "dsp": 0.0161,
  },
};
