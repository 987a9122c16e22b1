// The names of encodings as Node's functions take them.

// Whether it is the one that counts where none is named.
function isUtf8(encoding) {
  return encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8";
}

export { isUtf8 };
