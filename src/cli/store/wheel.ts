/**
 * Members of wheels, which are zip files. `@zip.js/zip.js` reads them: it works
 * on any source by ranges, streams through the platform's own inflate, and
 * checks the CRC, the sizes and that members do not overlap.
 */
import type { Source } from "../../base/mod.ts";
import { FileSource } from "../files.ts";

/** Most members of a wheel that is read here: those of the catalog have 9 at most. */
const MAX_MEMBERS = 10_000;

/** What a member may be. */
export interface MemberLimits {
  /** Largest size, unpacked. */
  readonly maxBytes: number;
}

/**
 * Unpacks a member of a zip file.
 *
 * @param path Where the file is.
 * @param member The member's path inside of it.
 * @param limits Its largest size.
 * @param write Takes the member's bytes, piece after piece.
 * @throws {SyntaxError} If the file is no zip file, is damaged or has no such member.
 * @throws {RangeError} If the member is larger than it may be.
 */
export async function unpackMember(
  path: string,
  member: string,
  { maxBytes }: MemberLimits,
  write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void> | void,
): Promise<void> {
  const zip = await import("@zip.js/zip.js");
  zip.configure({ useWebWorkers: false }); // one stream at a time, on this thread
  const source = await FileSource.open(path);
  const reader = new zip.ZipReader(
    zipReaderOf(zip, source) as unknown as ConstructorParameters<
      typeof zip.ZipReader
    >[0],
    { checkSignature: true, checkOverlappingEntry: true },
  );
  let own: unknown;
  try {
    let seen = 0;
    for await (const entry of reader.getEntriesGenerator()) {
      if (++seen > MAX_MEMBERS) {
        throw own = new RangeError(
          `Cannot unpack ${source.name} as it may have ${MAX_MEMBERS} members`,
        );
      }
      if (entry.filename !== member || entry.directory) continue;
      let size = 0;
      await entry.getData(
        new WritableStream<Uint8Array<ArrayBuffer>>({
          async write(bytes) {
            size += bytes.length;
            if (size > maxBytes) {
              throw own = new RangeError(
                `Cannot unpack ${member} as it may have ${maxBytes} bytes: it has more`,
              );
            }
            try {
              await write(bytes);
            } catch (error) {
              throw own = error;
            }
          },
        }),
      );
      return;
    }
    throw own = new SyntaxError(
      `Cannot unpack ${source.name} as it must have a member ${member}`,
    );
  } catch (error) {
    if (own !== undefined) throw own;
    throw new SyntaxError(
      `Cannot unpack ${source.name} as a zip file: ${
        error instanceof Error ? error.message.replace(/\.$/, "") : error
      }`,
    );
  } finally {
    await reader.close().catch(() => {});
    source.close();
  }
}

/** A source as the library reads it. */
function zipReaderOf(
  { Reader }: typeof import("@zip.js/zip.js"),
  source: Source,
): InstanceType<typeof Reader> {
  class SourceReader extends Reader<Source> {
    override size = source.size;
    override readUint8Array(
      index: number,
      length: number,
    ): Promise<Uint8Array> {
      return source.read(index, Math.min(length, source.size - index));
    }
  }
  return new SourceReader(source);
}
