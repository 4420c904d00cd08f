# Writes OUTPUT, a C++ source with every file below DIRECTORY, for hawser new: {path, text} in the order of their names.
file(GLOB_RECURSE files RELATIVE ${DIRECTORY} ${DIRECTORY}/*)
list(SORT files)
set(entries "")
foreach(file ${files})
  file(READ ${DIRECTORY}/${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${hex}")
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  string(APPEND entries "    {\"${file}\", {\"${bytes}\", ${size}}},\n")
endforeach()
file(WRITE ${OUTPUT} "// The files of sdk/templates.
#include \"app/templates.hpp\"

namespace hawser::host {
namespace {
constexpr TemplateFile kFiles[] = {
${entries}};
} // namespace
std::span<const TemplateFile> template_files() { return kFiles; }
} // namespace hawser::host
")
