# Writes OUTPUT, a C source with the bytes of MANIFEST as the note of hawser/manifest.h.
file(SIZE ${MANIFEST} size)
if(size GREATER 1048576)
  message(FATAL_ERROR "${MANIFEST}: a manifest has at most 1 MiB, got ${size} bytes")
endif()
file(READ ${MANIFEST} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
math(EXPR padded "(${size} + 3) / 4 * 4")
file(WRITE ${OUTPUT} "/* The text of plugin.toml as a note; see hawser/manifest.h. */
#include \"hawser/manifest.h\"

HAWSER_NOTE_VARIABLE(${padded}) = {
    sizeof HAWSER_NOTE_NAME, ${size}, HAWSER_NOTE_MANIFEST, HAWSER_NOTE_NAME, {${bytes}}};
")
