// The content type of a file, by its extension: as Bun has it.
//
// Owns the table. Called by: file.js.

const DEFAULT = "application/octet-stream";

const TYPES = `
text/html;charset=utf-8 html htm
text/css;charset=utf-8 css
text/javascript;charset=utf-8 js mjs cjs ts tsx mts cts jsx
application/json;charset=utf-8 json map
text/plain;charset=utf-8 txt log ini conf
text/markdown md
text/csv csv
application/xml xml
application/toml toml
text/yaml yaml yml
application/pdf pdf
image/png png
image/jpeg jpg jpeg
image/gif gif
image/webp webp
image/avif avif
image/svg+xml svg
image/x-icon ico
image/x-ms-bmp bmp
image/tiff tif tiff
image/apng apng
image/heic heic
audio/mpeg mp3
audio/x-wav wav
audio/ogg ogg oga opus
audio/x-flac flac
audio/x-m4a m4a
audio/x-aac aac
video/mp4 mp4
video/x-m4v m4v
video/webm webm
video/quicktime mov
video/x-msvideo avi
video/x-matroska mkv
video/ogg ogv
video/mpeg mpeg
application/wasm wasm
font/woff woff
font/woff2 woff2
font/ttf ttf
font/otf otf
application/vnd.ms-fontobject eot
application/zip zip
application/gzip gz
application/x-tar tar
application/x-bzip2 bz2
application/x-7z-compressed 7z
application/x-rar-compressed rar
application/manifest+json webmanifest
application/ld+json jsonld
text/rtf rtf
application/msword doc
application/vnd.openxmlformats-officedocument.wordprocessingml.document docx
application/vnd.ms-excel xls
application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx
application/vnd.ms-powerpoint ppt
application/vnd.openxmlformats-officedocument.presentationml.presentation pptx
application/epub+zip epub
text/calendar ics
text/vtt vtt
application/x-shockwave-flash swf
application/x-msdownload exe
application/x-sh sh
application/x-httpd-php php
application/rls-services+xml rs
text/x-java-source java
text/x-c c h
application/x-sql sql
text/mdx mdx
application/atom+xml atom
application/rss+xml rss
application/xhtml+xml xhtml
`;

let table;

function typeByExtension(path) {
  if (table === undefined) {
    table = new Map();
    for (const line of TYPES.trim().split("\n")) {
      const [type, ...extensions] = line.split(" ");
      for (const extension of extensions) table.set(extension, type);
    }
  }
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? DEFAULT : (table.get(name.slice(dot + 1).toLowerCase()) ?? DEFAULT);
}

export { typeByExtension };
