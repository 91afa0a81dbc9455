/**
 * A key or name as one line of a message can show it: quoted and escaped when it holds something
 * that would break the line, colour a terminal, hide, or be taken for a quoted one.
 */
export function printable(text: string): string {
  if (!/[\p{C}\p{Zl}\p{Zp}]|^["\s]|\s$/u.test(text)) return text;
  return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character.split('').map(escapeUnit).join(''),
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
