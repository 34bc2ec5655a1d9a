import { print } from "../../src/cli/print.ts";
import { textTable } from "./text_table.ts";

/** How a report is shown. */
export interface ReportView {
  json?: boolean;
  /** What is to be known before the figures. */
  lines: readonly string[];
  tables: readonly { title: string; head: readonly string[]; rows: readonly (readonly string[])[] }[];
}

/** Prints a report: as tables for people, or whole and as JSON for tools. */
export function printReport(report: object, { json, lines, tables }: ReportView): void {
  if (json) return print(JSON.stringify(report, null, 2));
  print([...lines, "", ...tables.map(({ title, head, rows }) => `${title}\n\n${textTable(head, rows)}\n`)].join("\n"));
}
