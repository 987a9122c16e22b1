// Added to ext:deno_node/internal_binding/http_parser.ts: who says nothing of a head's size gets that of the option.
const howthMaxHeaderSize = __bootstrap.internals.howthOptions?.maxHeaderSize();
if (howthMaxHeaderSize !== undefined) {
  const initialize = HTTPParser.prototype.initialize;
  HTTPParser.prototype.initialize = function (type, resource, maxHeaderSize, lenientFlags) {
    return initialize.call(this, type, resource, maxHeaderSize || howthMaxHeaderSize, lenientFlags);
  };
}
