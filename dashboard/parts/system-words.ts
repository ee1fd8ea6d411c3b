/** A version as people say it: all systems are for the same processors. */
export const versionInWords = (version: string): string => version.replace(/(?<=\d)x64\b/, '');

/** A system with its version, such as `Ubuntu 24.04`; the version alone where the name is not known. */
export const systemInWords = (name: string | undefined, version: string): string =>
  name === undefined ? versionInWords(version) : `${name} ${versionInWords(version)}`;
