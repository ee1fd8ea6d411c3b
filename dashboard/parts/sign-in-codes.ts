/** A code as it is sent: however it was written down, copied or typed. The dash of a backup code belongs to it. */
export function cleanCode(text: string, isBackup: boolean): string {
  return text.replaceAll(isBackup ? /\s/g : /[\s-]/g, '');
}

/** Whether a code of an app is whole: then it is sent without another click. */
export function isWholeCode(code: string): boolean {
  return /^\d{6}$/.test(code);
}
