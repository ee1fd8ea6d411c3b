/** What a sentence has that was put together of something which was not there. */
export const brokenSentence = /[,:;(]\s*$|, ,|,\s*\.|\(\s*\)|undefined|\[object|\bNaN\b|\{\w+\}|\$\{| {2}|^\s|\s$/;
