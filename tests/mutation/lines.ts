/** Text in pieces -> whole lines. */
export class TextLineStream extends TransformStream<string, string> {
  /** Keeps what follows the last end of a line until the next piece. */
  constructor() {
    let rest = "";
    super({
      transform(piece, controller) {
        const lines = (rest + piece).split("\n");
        rest = lines.pop()!;
        lines.forEach((line) => controller.enqueue(line));
      },
    });
  }
}
