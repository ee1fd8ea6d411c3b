/**
 * A program for a guest that has no compiler and nothing that takes inotify instances: it takes so many, and then holds them for good, or
 * ends with 0; with 1 where it got fewer. An ELF file of x86-64 as the shell's `base64 -d` reads it.
 */
export function inotifyProgram(count: number, holds: boolean): string {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(count);
  const code = Buffer.from([
    ...[0x31, 0xdb], // ebx = 0
    ...[0xb8, 0xfd, 0, 0, 0, 0x0f, 0x05], // again: inotify_init()
    ...[0x85, 0xc0, 0x78, 0x0e], // where it is refused, go to fewer
    ...[0xff, 0xc3, 0x81, 0xfb, ...number, 0x72, 0xeb], // ++ebx < count: again
    ...[0x31, 0xff, 0xeb, 0x05], // status = 0, go to end
    ...[0xbf, 1, 0, 0, 0], // fewer: status = 1
    // end: pause() for ever, or exit(status)
    ...(holds ? [0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] : [0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05]),
  ]);
  const base = 0x40_00_00n;
  const header = Buffer.alloc(64 + 56);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(2, 16); // an executable
  header.writeUInt16LE(62, 18); // of x86-64
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(base + BigInt(header.length), 24); // where it begins
  header.writeBigUInt64LE(64n, 32); // the one segment's header
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  header.writeUInt32LE(1, 64); // loaded
  header.writeUInt32LE(5, 68); // read and executed
  header.writeBigUInt64LE(base, 80);
  header.writeBigUInt64LE(base, 88);
  header.writeBigUInt64LE(BigInt(header.length + code.length), 96);
  header.writeBigUInt64LE(BigInt(header.length + code.length), 104);
  header.writeBigUInt64LE(0x1000n, 112);
  return Buffer.concat([header, code]).toString('base64');
}
