/** The cells of one CSV line (RFC 4180, without line breaks inside cells); `null` when its quotes do not add up. */
export function splitCsvLine(line: string): string[] | null {
  const cells: string[] = [];
  for (let at = 0; ;) {
    const cell = line[at] === '"' ? quotedCell(line, at) : plainCell(line, at);
    if (cell === null) return null;
    cells.push(cell.text);
    if (cell.end === line.length) return cells;
    if (line[cell.end] !== ',') return null;
    at = cell.end + 1;
  }
}

interface Cell {
  readonly text: string;
  /** Where the comma after it stands, or the end of the line. */
  readonly end: number;
}

function plainCell(line: string, start: number): Cell {
  const comma = line.indexOf(',', start);
  const end = comma === -1 ? line.length : comma;
  return { text: line.slice(start, end), end };
}

function quotedCell(line: string, start: number): Cell | null {
  for (let at = start + 1; ; at += 2) {
    at = line.indexOf('"', at);
    if (at === -1) return null;
    if (line[at + 1] !== '"') return { text: line.slice(start + 1, at).replaceAll('""', '"'), end: at + 1 };
  }
}
