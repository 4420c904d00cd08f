# After a plugin is built: what the host would refuse of it, said now, with line and caret in its manifest. Left to the host
# is what concerns the place where the file will lie.
execute_process(COMMAND ${PROGRAM} plugins why ${PLUGIN} OUTPUT_VARIABLE report RESULT_VARIABLE status ERROR_QUIET)
if(status EQUAL 0)
  return()
endif()
# Semicolons and brackets mean something to CMake's lists.
string(REGEX MATCHALL
  "  failed   (library|segments|manifest|ABI|kinds|exports|undefined symbols|relocations):?[^\n]*\n(           [^\n]*\n)*"
  failed "${report}")
if(failed)
  list(JOIN failed "" text)
  message(FATAL_ERROR "${PLUGIN}: the host would refuse it:\n${text}")
endif()
