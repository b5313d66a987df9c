import assert from "node:assert/strict";
import fc from "fast-check";
import { StopText } from "./stop_text.ts";

/** Streams pieces and gives what was shown at each, and at the end. */
function stream(stops: string[], pieces: string[]): [string[], boolean] {
  const stop = new StopText(stops);
  const shown: string[] = [];
  for (const piece of pieces) {
    shown.push(stop.push(piece));
    if (stop.found) break;
  }
  shown.push(stop.end());
  return [shown, stop.found];
}

Deno.test("a stop is found wherever pieces cut it, and nothing of it is shown", () => {
  const rows: [string[], string[], string[], boolean][] = [
    [["END"], ["abEND"], ["ab", ""], true],
    [["END"], ["aE", "N", "Dxy", "z"], ["a", "", "", ""], true],
    [["END"], ["aE", "N", "x"], ["a", "", "ENx", ""], false],
    [["END"], ["aE", "N"], ["a", "", "EN"], false],
    [["END"], ["EEND"], ["E", ""], true],
    [["aab"], ["aa", "ab"], ["", "a", ""], true],
    [["\n\n"], ["a\n", "b\n", "\nc"], ["a", "\nb", "", ""], true],
    [["xyz", "yz"], ["x", "yz"], ["", "", ""], true],
    [["yz", "xyz"], ["axyz"], ["a", ""], true],
    [[], ["a", "b"], ["a", "b", ""], false],
    [["a"], ["", "ba"], ["", "b", ""], true],
  ];
  for (const [stops, pieces, shown, found] of rows) {
    assert.deepEqual(stream(stops, pieces), [shown, found], pieces.join("|"));
  }
  assert.throws(() => new StopText(["a", ""]), {
    name: "RangeError",
    message: "Cannot stop at an empty text",
  });
});

Deno.test("any text in any pieces is shown up to its first stop", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "c") });
  fc.assert(
    fc.property(
      fc.array(letters, { maxLength: 8 }),
      fc.array(
        fc.string({
          unit: fc.constantFrom("a", "b"),
          minLength: 1,
          maxLength: 4,
        }),
        { minLength: 1, maxLength: 3 },
      ),
      (pieces, stops) => {
        const text = pieces.join("");
        const places = stops.map((stop) => text.indexOf(stop))
          .filter((at) => at >= 0);
        const [shown, found] = stream(stops, pieces);
        assert.equal(found, places.length > 0);
        const whole = shown.join("");
        if (!found) assert.equal(whole, text);
        else {
          // A longer stop may begin earlier and end later than the one found first.
          assert.ok(text.startsWith(whole));
          assert.ok(stops.every((stop) => !whole.includes(stop)));
          assert.ok(stops.some((stop) => text.startsWith(whole + stop)));
        }
      },
    ),
    { numRuns: 500 },
  );
});
