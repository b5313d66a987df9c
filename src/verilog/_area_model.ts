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
  ],
  "factors": {
    "lut": [
      7810.25,
      138.904,
      28.0397,
      3492,
      3.94229,
      2400,
      8000,
      800,
      0,
    ],
    "ff": [
      6235.38,
      0,
      16.8428,
      1379.09,
      4.38743,
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
      0.990505,
    ],
    "dsp": [
      2.7315,
      0,
      0,
      7.0868,
      0,
      1,
      15,
      1,
      0,
    ],
  },
  "errors": {
    "lut": 0.0637,
    "ff": 0.0114,
    "bram": 0,
    "dsp": 0,
  },
};
