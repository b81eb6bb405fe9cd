import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colour where it is seen and wanted: on a terminal, unless NO_COLOR is set. */
const coloured = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';

function paint(style: Style, text: string): string {
  return coloured ? styleText(style, text) : text;
}

export const bold = (text: string): string => paint('bold', text);
export const dim = (text: string): string => paint('dim', text);
export const green = (text: string): string => paint('green', text);
export const red = (text: string): string => paint(['red', 'bold'], text);
export const cyan = (text: string): string => paint('cyan', text);
