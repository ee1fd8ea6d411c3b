/** Programs for a guest that has no compiler: ELF files of x86-64, as the shell's `base64 -d` reads them. */

const pauseForEver = [0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7];
const exit = [0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05];

/** Takes so many inotify instances, and then holds them for good, or ends with 0; with 1 where it got fewer. */
export function inotifyProgram(count: number, holds: boolean): string {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(count);
  return program([
    ...[0x31, 0xdb], // ebx = 0
    ...[0xb8, 0xfd, 0, 0, 0, 0x0f, 0x05], // again: inotify_init()
    ...[0x85, 0xc0, 0x78, 0x0e], // where it is refused, go to fewer
    ...[0xff, 0xc3, 0x81, 0xfb, ...number, 0x72, 0xeb], // ++ebx < count: again
    ...[0x31, 0xff, 0xeb, 0x05], // status = 0, go to end
    ...[0xbf, 1, 0, 0, 0], // fewer: status = 1
    // end: pause() for ever, or exit(status)
    ...(holds ? pauseForEver : exit),
  ]);
}

/** Takes keys of the kernel until it is refused one, and holds them for good; or takes one, and ends with 1 where it is refused. */
export function keysProgram(holds: boolean): string {
  const take = [
    ...[0xff, 0xc3], // again: ++ebx
    ...[0x89, 0xd8, 0x83, 0xe0, 0x7f], // eax = ebx & 0x7f
    ...[0x89, 0xd9, 0x01, 0xc9, 0x81, 0xe1, 0, 0x7f, 0, 0], // ecx = (ebx << 1) & 0x7f00
    ...[0x09, 0xc8, 0x0d, 0x80, 0x80, 0, 0], // eax |= ecx | 0x8080
    ...[0x50, 0x48, 0x89, 0xe6], // the key's name, of two bytes, is on the stack
    ...[0x68, 0x75, 0x73, 0x65, 0x72, 0x48, 0x89, 0xe7], // so is its type, "user"
    ...[0x48, 0x89, 0xe2, 0x41, 0xba, 4, 0, 0, 0], // which is its content as well
    ...[0x49, 0xc7, 0xc0, 0xfe, 0xff, 0xff, 0xff], // into the process's own keyring
    ...[0xb8, 0xf8, 0, 0, 0, 0x0f, 0x05], // add_key()
    ...[0x48, 0x83, 0xc4, 0x10, 0x85, 0xc0], // the stack as it was; refused?
  ];
  return program([
    ...[0x31, 0xdb], // ebx = 0
    ...take,
    ...(holds
      ? [0x79, 256 - take.length - 2, ...pauseForEver] // if not: again
      : [0x89, 0xc7, 0xc1, 0xef, 0x1f, ...exit]), // status = 1 if it was
  ]);
}

function program(code: readonly number[]): string {
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
  return Buffer.concat([header, Buffer.from(code)]).toString('base64');
}
