/** Rows under their heads, as spreadsheets read them. A cell that one could take for a formula is text. */
export function csv<Row extends object>(head: readonly (keyof Row & string)[], rows: readonly Row[]): string {
  const cell = (value: unknown) => {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '');
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  return [head.join(','), ...rows.map((row) => head.map((name) => cell(row[name])).join(','))].join('\r\n');
}

/** Gives a text to the browser as a file. */
export function saveText(name: string, text: string, type = 'text/plain'): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The same as a file of today: `usage-2026-11-24.csv`. */
export function saveCsv(name: string, text: string): void {
  saveText(`${name}-${new Date().toISOString().slice(0, 10)}.csv`, text, 'text/csv');
}
