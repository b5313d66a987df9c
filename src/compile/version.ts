import config from "../../deno.json" with { type: "json" };

/** Version of Sterna. */
export const VERSION: string = config.version;
