/** Colours of a terminal. */
const CODES = { red: '31', green: '32', dim: '2', bold: '1' } as const;

export type Color = keyof typeof CODES;

export function painter(color: boolean): (name: Color, text: string) => string {
  return (name, text) => (color ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text);
}
