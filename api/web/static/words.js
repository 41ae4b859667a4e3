// Words and signs: states, verdicts, times, money.

export const NODES = {
  execute_tests: "running the tests",
  parse_failures: "reading the results",
  evaluate_convergence: "weighing the results",
  generate_fix: "looking for a fix",
  apply_fix: "putting the fix in place",
  merge_edits: "merging your changes",
  request_approval: "asking for approval",
  write_back: "writing the files",
};

const OUTCOMES = {
  already_green: ["ok", "✓", "already green"],
  repaired: ["ok", "✓", "repaired"],
  not_repaired: ["bad", "✗", "not repaired"],
  limit: ["warn", "!", "a limit ended it"],
  error: ["bad", "!", "error"],
};
const STATUSES = {
  queued: ["", "…", "queued"],
  running: ["run", "●", "running"],
  waiting: ["warn", "?", "asks you"],
  cancelled: ["", "■", "cancelled"],
  interrupted: ["warn", "‖", "interrupted"],
};

/** Kind, sign and words of a run's state. */
export function stateOf(run) {
  if (run.status in STATUSES) return STATUSES[run.status];
  if (run.undone) return ["", "↶", "undone"];
  return OUTCOMES[run.outcome] ?? ["", "·", run.outcome ?? run.status];
}

/** Kind, sign and words of an attempt's verdict. */
export function verdictOf(attempt) {
  if (attempt.verdict === "plausible") return ["ok", "✓", "all tests pass"];
  if (attempt.verdict === "regressed") return ["bad", "✗", "broke other tests, undone"];
  if (attempt.verdict === "not_applicable") return ["warn", "!", "did not apply"];
  return attempt.failures_after < attempt.failures_before ? ["warn", "~", "better, kept"] : ["warn", "~", "no better, undone"];
}

/** Whether a run is still on its way. */
export const active = (run) => ["queued", "running", "waiting"].includes(run.status);

/** The last part of a path. */
export const nameOf = (path) => (path ?? "").replace(/\/+$/, "").split("/").pop() || path || "project";

/** Dollars in as many digits as they need; unknown is not zero. */
export function money(cost) {
  if (cost === null || cost === undefined) return "unknown";
  if (cost > 0 && cost < 0.00005) return "<$0.0001";
  return `$${cost === 0 || cost >= 0.1 ? cost.toFixed(2) : cost.toFixed(4)}`;
}

export const number = (value) => value.toLocaleString("en-US");
export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Seconds for people. */
export function seconds(value) {
  if (value < 60) return `${value.toFixed(1)} s`;
  return `${Math.floor(value / 60)} min ${String(Math.floor(value % 60)).padStart(2, "0")} s`;
}

/** How long ago `time` (ISO) was. */
export function ago(time) {
  const passed = (Date.now() - Date.parse(time)) / 1000;
  if (!Number.isFinite(passed)) return "";
  if (passed < 60) return "now";
  if (passed < 3600) return `${Math.floor(passed / 60)} min`;
  if (passed < 86400) return `${Math.floor(passed / 3600)} h`;
  return passed < 30 * 86400 ? `${Math.floor(passed / 86400)} d` : time.slice(0, 10);
}

/** A time (ISO) as the reader's clock shows it. */
export function clock(time) {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** Who wrote or was asked, in words. */
export function who(record) {
  if (record.provider === "offline") return "offline search";
  return record.model ? `${record.provider} (${record.model})` : String(record.provider);
}

/** `words` as the beginning of a sentence. */
export const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** The first line of a text that is not blank. */
export const firstLine = (text) => (text ?? "").split("\n").map((line) => line.trim()).find(Boolean) ?? "";
