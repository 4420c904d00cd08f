# Writes OUTPUT, a C and C++ source with the bytes of MANIFEST as the note of hawser/manifest.h. What every manifest has
# is looked for here, so that its absence fails the build; the host reads the whole and says what else is wrong.
file(SIZE ${MANIFEST} size)
if(size GREATER 1048576)
  message(FATAL_ERROR "${MANIFEST}: a manifest has at most 1 MiB, got ${size} bytes")
endif()

file(READ ${MANIFEST} text)
# Brackets and semicolons mean something to CMake's lists; here "<" begins a table.
string(REPLACE "[" "<" text "${text}")
string(REPLACE "]" ">" text "${text}")
string(REPLACE ";" "," text "${text}")
string(REGEX REPLACE "(^|\n)[ \t]*<.*" "" top "${text}")
set(problems "")
foreach(key name version abi)
  if(NOT top MATCHES "(^|\n)[ \t]*\"?${key}\"?[ \t]*=[ \t]*[\"']")
    string(APPEND problems "\n  expected ${key} = \"…\" before the first table, got none")
  endif()
endforeach()
if(NOT text MATCHES "(^|\n)[ \t]*<?[ \t]*\"?(protocol|service|resource)\"?[ \t]*[.=>]")
  string(APPEND problems "\n  expected a table <protocol.NAME>, <service.NAME> or <resource.NAME>, got none")
endif()
if(problems)
  string(REPLACE "<" "[" problems "${problems}")
  string(REPLACE ">" "]" problems "${problems}")
  message(FATAL_ERROR "${MANIFEST}:${problems}")
endif()

file(READ ${MANIFEST} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
math(EXPR padded "(${size} + 3) / 4 * 4")
file(WRITE ${OUTPUT} "/* The text of plugin.toml as a note; see hawser/manifest.h. */
#include \"hawser/manifest.h\"

HAWSER_NOTE_VARIABLE(${padded}) = {
    sizeof HAWSER_NOTE_NAME, ${size}, HAWSER_NOTE_MANIFEST, HAWSER_NOTE_NAME, {${bytes}}};
")
